import { expect } from 'chai';
import * as fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DateServer } from '../../src/DateServer';
import { EchoServer } from '../../src/EchoServer';
import { LoggingDateServer } from '../../src/LoggingDateServer';
import type { SocketServer } from '../../src/socket/SocketServer';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { FakeClock } from '../helpers/FakeClock';
import { FakeLogger } from '../helpers/FakeLogger';
import { startServer } from '../helpers/startServer';

const MiB = 1024 * 1024;
const RUNS = 300;

/** What a hostile client does, one after the other. */
type Move = Uint8Array | 'end' | 'reset' | 'turn';

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 1500 }) },
  { weight: 2, arbitrary: fc.constant(Buffer.from('a question\n')) },
  { weight: 2, arbitrary: fc.constant('turn' as const) },
  { weight: 1, arbitrary: fc.constant('end' as const) },
  { weight: 1, arbitrary: fc.constant('reset' as const) },
);
const clients = fc.array(fc.array(move, { maxLength: 12 }), { minLength: 1, maxLength: 6 });

async function play(port: number, moves: Move[]): Promise<void> {
  const client = await BareClient.passing(port);
  client.resume();
  for (const step of moves) {
    if (step === 'turn') await setImmediate();
    else if (step === 'end') client.end();
    else if (step === 'reset') client.reset();
    else client.send(step);
  }
  client.close();
}

/** The sockets that this process has open, on either side. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

function usedMemory(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

const DATE = '2026-11-23T12:50:44.123Z';
const servers: [name: string, create: () => SocketServer, question: string, reply: RegExp][] = [
  ['EchoServer', () => new EchoServer(), 'well-formed\n', /^well-formed\n$/],
  [
    'DateServer',
    () => new DateServer(new FakeClock(new Date(DATE))),
    'time?\n',
    /^2026-11-2\d\S+\n$/,
  ],
  [
    'LoggingDateServer',
    () => new LoggingDateServer(new FakeClock(new Date(DATE)), new FakeLogger()),
    'time?\n',
    /^2026-11-2\d\S+\n$/,
  ],
];

describe('Hostile input', () => {
  afterEach(cleanUp);

  for (const [name, create, question, reply] of servers) {
    it(`leaves ${name} as it was: it answers, and keeps no connection and no memory`, async () => {
      const port = await startServer(create(), { limits: { silence: 10 } });
      const sockets = openSockets();
      let memory = 0;

      const property = fc.asyncProperty(clients, async (hostile) => {
        await Promise.all(hostile.map((moves) => play(port, moves)));

        const good = await BareClient.passing(port);
        expect(String(await good.send(question).end().all())).to.match(reply);
        good.close();
        while (openSockets() > sockets) await setImmediate(); // ends by the test's time limit
        memory ||= usedMemory();
      });
      await fc.assert(property, { numRuns: RUNS });

      expect(usedMemory() - memory).to.be.below(8 * MiB);
    });
  }
});
