import { expect } from 'chai';
import { DateServer } from '../../src/DateServer';
import { EchoServer } from '../../src/EchoServer';
import { LoggingDateServer } from '../../src/LoggingDateServer';
import type { Clock } from '../../src/services/Clock';
import type { SocketServer } from '../../src/socket/SocketServer';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { FakeClock } from '../helpers/FakeClock';
import { FakeLogger } from '../helpers/FakeLogger';
import { rejection } from '../helpers/rejection';
import { startServer } from '../helpers/startServer';

const MiB = 1024 * 1024;
/** Requests that one client sends in one go. */
const FLOOD = 65_536;

/** A clock that knows how often it was asked: once for each reply. */
class CountingClock extends FakeClock {
  asked = 0;

  override now(): Date {
    this.asked += 1;
    return super.now();
  }
}

const SERVERS: [name: string, create: (clock: Clock) => SocketServer][] = [
  ['DateServer', (clock) => new DateServer(clock)],
  ['LoggingDateServer', (clock) => new LoggingDateServer(clock, new FakeLogger())],
];

/** Asks three questions, one after the other. */
async function askThree(port: number): Promise<void> {
  const client = await BareClient.connect(port);
  for (let question = 1; question <= 3; question++) await client.send('me?\n').lines(question);
}

describe('Clients that send as fast as they can', () => {
  afterEach(cleanUp);

  for (const [name, create] of SERVERS) {
    it(`and read the replies of ${name}: another is answered in between`, async () => {
      const clock = new CountingClock();
      const port = await startServer(create(clock));
      const flood = await BareClient.connect(port);
      await flood.send('\n'.repeat(FLOOD)).line();

      await askThree(port);

      expect(clock.asked).to.be.below(FLOOD / 4);
      await flood.lines(FLOOD);
    });

    it(`and read no reply of ${name}, 50 of them: another is answered in between`, async () => {
      const clock = new CountingClock();
      const port = await startServer(create(clock));
      for (const flood of await BareClient.many(port, 50)) {
        flood.pause().send('\n'.repeat(FLOOD));
      }

      await askThree(port);

      expect(clock.asked).to.be.below(FLOOD);
    });

    it(`do not keep ${name} from stopping in its time`, async () => {
      const clock = new CountingClock();
      const server = create(clock);
      const floods = await BareClient.many(await startServer(server), 4);
      for (const flood of floods) flood.send('\n'.repeat(4 * FLOOD));
      await floods[0]?.line();

      await Promise.all([server.stop(10), ...floods.map((flood) => rejection(flood.all()))]);

      expect(clock.asked).to.be.below(4 * FLOOD);
    });
  }

  it('through EchoServer: another is answered in between', async () => {
    const port = await startServer(new EchoServer());
    const floods = await BareClient.many(port, 4);
    for (const flood of floods) flood.send(Buffer.alloc(16 * MiB));

    await askThree(port);

    const received = floods.map((flood) => flood.received.length);
    expect(Math.min(...received)).to.be.below(4 * MiB);
    await Promise.all(floods.map((flood) => flood.bytes(16 * MiB)));
  });
});
