import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import type { Datagram, DatagramSocket } from '../../src/udp/DatagramSocket';
import { DatagramServer } from '../../src/udp/DatagramServer';
import { UdpDateClient } from '../../src/udp/UdpDateClient';
import { UdpDateServer } from '../../src/udp/UdpDateServer';
import { UdpEchoClient } from '../../src/udp/UdpEchoClient';
import { UdpEchoServer } from '../../src/udp/UdpEchoServer';
import { cleanUp } from '../helpers/cleanUp';
import { freeUdpPort, openDatagramSocket, startDatagramServer } from '../helpers/datagrams';
import { FakeClock } from '../helpers/FakeClock';
import { itOnLinux } from '../helpers/itOnLinux';
import { rejection } from '../helpers/rejection';
import { LONGEST } from '../helpers/longestDatagram';

const HOST = '127.0.0.1';
/** Short, where no answer is to come; and long, where one is. */
const SHORT = 50;
const LONG = 10_000;

/** Answers the n-th question, from 1, as a test says. */
class ScriptedServer extends DatagramServer {
  #count = 0;

  constructor(
    private readonly script: (
      count: number,
      datagram: Datagram,
      socket: DatagramSocket,
    ) => Promise<void>,
  ) {
    super();
  }

  protected answer(datagram: Datagram, socket: DatagramSocket): Promise<void> {
    this.#count += 1;
    return this.script(this.#count, datagram, socket);
  }
}

describe('UdpEchoClient', () => {
  afterEach(cleanUp);

  for (const message of ['Hello, world', '', 'Grüße 👋', 'x'.repeat(LONGEST)]) {
    it(`receives ${message.length > 20 ? `${LONGEST} bytes` : JSON.stringify(message)} back`, async () => {
      const server = await startDatagramServer(new UdpEchoServer());

      expect(await new UdpEchoClient(message).run(server)).to.equal(message);
    });
  }

  it('gets an error from the system if a message is too long for a datagram', async () => {
    const server = await startDatagramServer(new UdpEchoServer());

    const error = await rejection(new UdpEchoClient('x'.repeat(65_508)).run(server));

    expect(error).to.include({ call: 'sendto', code: 'EMSGSIZE' });
  });

  it('does not take something else for its echo', async () => {
    const server = await startDatagramServer(
      new ScriptedServer((_, { peer }, socket) => socket.sendto(Buffer.from('else'), peer)),
    );

    const error = await rejection(new UdpEchoClient('this').run(server));

    expect(error).to.include({ name: 'UnexpectedReply', code: 'EBADMSG' });
  });
});

describe('UdpDateClient', () => {
  afterEach(cleanUp);

  it('gives the date, without the newline', async () => {
    const server = await startDatagramServer(new UdpDateServer(new FakeClock()));

    expect(await new UdpDateClient('?').run(server)).to.match(/^2026-11-2\dT\S+$/);
  });

  it('does not take something else for a date', async () => {
    const server = await startDatagramServer(new UdpEchoServer());

    const error = await rejection(new UdpDateClient('not a date').run(server));

    expect(String(error)).to.contain('answered what is not a date: not a date');
  });
});

describe('DatagramClient', () => {
  afterEach(cleanUp);

  it('asks again when there is no answer in time', async () => {
    const server = await startDatagramServer(
      new ScriptedServer(async (count, { data, peer }, socket) => {
        if (count === 2) await socket.sendto(data, peer);
      }),
    );
    const tries: number[] = [];

    const echo = await new UdpEchoClient('hello').run(server, {
      limits: { timeout: SHORT, tries: 1000 },
      report: { again: (attempt) => tries.push(attempt) },
    });

    expect(echo).to.equal('hello');
    expect(tries).to.include(2);
  });

  it('gives up after the last try, and says what that can mean', async () => {
    let questions = 0;
    const server = await startDatagramServer(
      new ScriptedServer(() => {
        questions += 1;
        return Promise.resolve();
      }),
    );

    const error = await rejection(
      new UdpEchoClient('hello').run(server, { limits: { timeout: SHORT, tries: 3 } }),
    );

    expect(error).to.include({ call: 'recvfrom', code: 'ETIMEDOUT' });
    expect(String(error)).to.contain('no answer in 3 tries of 0.05 s');
    expect(String(error)).to.contain("or no program receives there; UDP can't tell");
    expect(questions).to.equal(3);
  });

  it('does not take a late answer to an earlier try for the answer to this one', async () => {
    let first: Datagram | undefined;
    const server = await startDatagramServer(
      new ScriptedServer(async (count, datagram, socket) => {
        if (count === 1) {
          first = datagram; // answered only when the second question is here
          return;
        }
        if (first) await socket.sendto(Buffer.from('too late'), first.peer);
        await socket.sendto(datagram.data, datagram.peer);
      }),
    );

    const echo = await new UdpEchoClient('hello').run(server, {
      limits: { timeout: SHORT, tries: 1000 },
    });

    expect(echo).to.equal('hello');
    expect(first).not.to.equal(undefined);
  });

  it('does not take a stranger’s datagram for the answer', async () => {
    const { socket: stranger } = await openDatagramSocket();
    const server = await startDatagramServer(
      new ScriptedServer(async (_, { data, peer }, socket) => {
        await stranger.sendto(Buffer.from('false'), peer);
        await socket.sendto(data, peer);
      }),
    );

    const run = new UdpEchoClient('hello').run(server, { limits: { timeout: LONG } });

    expect(await run).to.equal('hello');
  });

  itOnLinux(
    'its answer about a closed port',
    'says it when the system knows that nobody is there',
    async () => {
      const server = { host: HOST, port: await freeUdpPort() };
      const reasons: unknown[] = [];

      const error = await rejection(
        new UdpEchoClient('hello').run(server, {
          limits: { timeout: SHORT, tries: 2 },
          report: { again: (_, reason) => reasons.push(reason) },
        }),
      );

      expect(error).to.include({ code: 'ECONNREFUSED' });
      expect(reasons[0]).to.include({ code: 'ECONNREFUSED' });
    },
  );

  itOnLinux(
    'its answer about a closed port',
    'waits for a server that is still starting',
    async () => {
      const port = await freeUdpPort();
      const started: Promise<unknown>[] = [];

      const echo = await new UdpEchoClient('hello').run(
        { host: HOST, port },
        {
          limits: { timeout: SHORT, tries: 1000 },
          report: {
            again: () => {
              if (started.length > 0) return;
              const server = new UdpEchoServer();
              started.push(server.start({ host: HOST, port }).then(() => server));
            },
          },
        },
      );

      expect(echo).to.equal('hello');
      await ((await started[0]) as UdpEchoServer).stop();
    },
  );

  itOnLinux(
    'its answer about a closed port',
    'waits out a try that was refused immediately, since the server may only be late',
    async () => {
      const address = { host: HOST, port: await freeUdpPort() };
      const server = new UdpEchoServer();
      const run = new UdpEchoClient('hello').run(address, { limits: { timeout: 1000, tries: 2 } });
      for (let turn = 0; turn < 100; turn++) await setImmediate();
      await server.start(address);

      expect(await run).to.equal('hello');
      await server.stop();
    },
  );

  it('does not ask again where that can not help', async () => {
    const tries: number[] = [];

    const error = await rejection(
      new UdpEchoClient('x'.repeat(65_508)).run(
        { host: HOST, port: await freeUdpPort() },
        { report: { again: (attempt) => tries.push(attempt) } },
      ),
    );

    expect(error).to.include({ code: 'EMSGSIZE' });
    expect(tries).to.deep.equal([]);
  });
});
