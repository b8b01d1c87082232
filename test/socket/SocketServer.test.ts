import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import { ServerReport } from '../../src/socket/ServerReport';
import type { Socket } from '../../src/socket/Socket';
import { SocketServer } from '../../src/socket/SocketServer';
import { BareClient } from '../helpers/BareClient';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { FakeReport } from '../helpers/FakeReport';
import { freePort } from '../helpers/freePort';
import { openTimers } from '../helpers/openTimers';
import { rejection } from '../helpers/rejection';
import { startServer } from '../helpers/startServer';

const MiB = 1024 * 1024;
const HOST = '127.0.0.1';
/** Longer than any test may take. */
const HOUR = 3_600_000;

/** Talks with its clients as a test says. */
class TestServer extends SocketServer {
  constructor(private readonly talk: (client: Socket) => Promise<unknown>) {
    super();
  }

  protected async converse(client: Socket): Promise<void> {
    await this.talk(client);
  }
}

async function echo(client: Socket): Promise<void> {
  for (let data = await client.recv(65536); data.length > 0; data = await client.recv(65536)) {
    await client.sendall(data);
  }
}

describe('SocketServer', () => {
  afterEach(cleanUp);

  it('starts with the real address', async () => {
    const server = new TestServer(echo);

    const address = await server.start({ host: HOST, port: 0 });

    expect(address.host).to.equal(HOST);
    const client = await BareClient.connect(address.port);
    expect(String(await client.send('hi').end().all())).to.equal('hi');
    await server.stop();
  });

  it('does not start where another server is', async () => {
    const port = await startServer(new TestServer(echo));

    const error = await rejection(new TestServer(echo).start({ host: HOST, port }));

    expect(error).to.include({ call: 'bind', code: 'EADDRINUSE' });
  });

  it('goes on with other clients while one keeps it waiting', async () => {
    const port = await startServer(new TestServer(echo));
    await BareClient.connect(port); // says nothing

    const client = await BareClient.connect(port);

    expect(String(await client.send('hi').end().all())).to.equal('hi');
  });

  it('closes the connection when the conversation is over', async () => {
    const port = await startServer(new TestServer((client) => client.sendall(Buffer.from('bye'))));

    const client = await BareClient.connect(port);

    expect(String(await client.all())).to.equal('bye');
  });

  it('reports an error in a conversation, closes that one, and goes on', async () => {
    const report = new FakeReport();
    const broken = new Error('it broke');
    const talk = async (client: Socket) => {
      if (String(await client.recv(100)) === 'break') throw broken;
      await client.sendall(Buffer.from('fine'));
    };
    const port = await startServer(new TestServer(talk), { report });
    const good = await BareClient.connect(port);

    const bad = await BareClient.connect(port);
    bad.send('break');

    expect(String(await bad.all())).to.equal('');
    expect(report.problems).to.deep.equal([broken]);
    expect(String(await good.send('go on').all())).to.equal('fine');
  });

  it('goes on after a conversation that fails before it has begun', async () => {
    const report = new FakeReport();
    const broken = new Error('it is not async');
    const server = new (class extends SocketServer {
      protected converse(): Promise<void> {
        throw broken;
      }
    })();
    const port = await startServer(server, { report });

    await (await BareClient.connect(port)).all();
    await (await BareClient.connect(port)).all();

    expect(report.problems).to.deep.equal([broken, broken]);
  });

  it('sends its error reply, however much is still unread', async () => {
    const talk = async (client: Socket) => {
      await client.recv(1);
      throw new Error('too much');
    };
    const server = new (class extends TestServer {
      protected override errorReply(error: unknown): string {
        return `last word: ${String(error)}\n`;
      }
    })(talk);
    const port = await startServer(server);

    const client = await BareClient.connect(port);
    client.send(Buffer.alloc(MiB / 2));

    expect(String(await client.all())).to.equal('last word: Error: too much\n');
  });

  it('ignores that the client is gone when it sends the error', async () => {
    const report = new FakeReport();
    const talk = async (client: Socket) => {
      await client.recv(1).catch(() => undefined);
      throw Object.assign(new Error('unheard'), { reply: 'unheard' });
    };
    const server = new (class extends TestServer {
      protected override errorReply(): string {
        return 'nobody hears this';
      }
    })(talk);
    const port = await startServer(server, { report });

    (await BareClient.connect(port)).reset();

    expect(await report.firstProblem()).to.have.property('message', 'unheard');
    await BareClient.connect(port); // it is still there
    await server.stop(0);
    expect(report.problems).to.have.length(1);
  });

  it('takes no more clients than it may, and reports that', async () => {
    const report = new FakeReport();
    const port = await startServer(new TestServer(echo), { limits: { maxConnections: 1 }, report });
    const only = await BareClient.connect(port);
    await only.send('x').bytes(1);

    await (await BareClient.connect(port)).all();

    expect(await report.firstProblem()).to.include({ call: 'accept', code: 'ECONNABORTED' });
    expect(String(await only.send('y').bytes(2))).to.equal('xy');
  });

  describe('in every order of calls', () => {
    const free = { host: HOST, port: 0 };

    it('starts once: a second start, immediately or later, fails and harms nothing', async () => {
      const server = new TestServer(echo);
      const starting = server.start(free);

      expect(await rejection(server.start(free)))
        .to.have.property('message')
        .that.contains('a server can be started only once');
      const { port } = await starting;
      expect(await rejection(server.start(free)))
        .to.have.property('message')
        .that.contains('a server can be started only once');

      const client = await BareClient.connect(port);
      expect(String(await client.send('hi').end().all())).to.equal('hi');
      await server.stop();
      expect(await rejection(BareClient.connect(port))).to.have.property('code', 'ECONNREFUSED');
    });

    it('does not start after stop', async () => {
      const server = new TestServer(echo);
      const port = await freePort();
      await server.stop();

      expect(await rejection(server.start({ host: HOST, port })))
        .to.have.property('message')
        .that.contains('after stop()');
      expect(await rejection(BareClient.connect(port))).to.have.property('code', 'ECONNREFUSED');
    });

    it('does not start when it is stopped meanwhile', async () => {
      const server = new TestServer(echo);
      const port = await freePort();
      const timers = openTimers();
      const starting = rejection(server.start({ host: HOST, port }));

      await server.stop();

      expect(await starting)
        .to.have.property('message')
        .that.contains('stop() before the server had started');
      expect(await rejection(BareClient.connect(port))).to.have.property('code', 'ECONNREFUSED');
      expect(openTimers()).to.equal(timers);
    });

    it('may be tried on another port after one that is taken', async () => {
      const taken = await startServer(new TestServer(echo));
      const server = new TestServer(echo);
      expect(await rejection(server.start({ host: HOST, port: taken }))).to.have.property(
        'code',
        'EADDRINUSE',
      );

      const client = await BareClient.connect(await startServer(server));

      expect(String(await client.send('hi').end().all())).to.equal('hi');
    });

    it('refuses an invalid port with a clear error message', async () => {
      const error = await rejection(new TestServer(echo).start({ host: HOST, port: 70150 }));

      expect(error).to.include({ call: 'bind', code: 'ERANGE' });
      expect(error).to.have.property('message').that.contains('from 0 to 65535, not 70150');
    });
  });

  it('reports an error in the accept loop that it does not know, and ends as stop does', async () => {
    const report = new FakeReport();
    const server = new TestServer(echo);
    const port = await startServer(server, { report });
    const client = await BareClient.connect(port);
    await client.send('x').bytes(1);
    const broken = new Error('accept is broken');
    const accept = Object.getOwnPropertyDescriptor(ListeningSocket.prototype, 'accept') ?? {};
    afterwards(() => Object.defineProperty(ListeningSocket.prototype, 'accept', accept));
    ListeningSocket.prototype.accept = () => Promise.reject(broken);

    const last = await BareClient.connect(port); // ends the accept that waits already

    expect(await report.firstProblem()).to.equal(broken);
    expect((await client.all()).length).to.equal(1);
    await last.all();
    expect(await rejection(BareClient.connect(port))).to.have.property('code', 'ECONNREFUSED');
  });

  for (const [how, fail] of [
    [
      'throws',
      () => {
        throw new Error('the report is broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the report is broken'))],
  ] as [string, () => void][]) {
    it(`is not harmed by a report that ${how}`, async () => {
      const report = new ServerReport();
      report.connected = fail;
      report.problem = fail;
      const talk = async (client: Socket) => {
        if (String(await client.recv(100)) === 'break') throw new Error('it broke');
        await client.sendall(Buffer.from('fine'));
      };
      const port = await startServer(new TestServer(talk), { report });

      const bad = await BareClient.connect(port);
      expect(String(await bad.send('break').all())).to.equal('');
      const good = await BareClient.connect(port);

      expect(String(await good.send('go on').all())).to.equal('fine');
    });
  }

  it('reports an error reply that fails', async () => {
    const report = new FakeReport();
    const unsaid = new Error('no word');
    const server = new (class extends TestServer {
      protected override errorReply(): string {
        throw unsaid;
      }
    })(() => Promise.reject(new Error('it broke')));

    const client = await BareClient.connect(await startServer(server, { report }));

    expect(String(await client.all())).to.equal('');
    expect(report.problems.at(-1)).to.equal(unsaid);
  });

  it('does not wait forever in close when the peer never reads', async () => {
    let cutOff: (error: unknown) => void;
    const cut = new Promise((resolve) => (cutOff = resolve));
    const server = new TestServer(async (client) => {
      client.sendall(Buffer.alloc(32 * MiB)).catch(cutOff);
      await client.recv(1);
    });
    const port = await startServer(server, { limits: { idleTimeout: 100 } });

    const greedy = (await BareClient.connect(port)).pause();
    greedy.send('x'); // ends the conversation; what is owed is still to go

    expect(await cut).to.include({ call: 'sendall', code: 'ETIMEDOUT' });
    await server.stop(HOUR);
  });

  it('stops quickly when no client is left, even with a long grace', async () => {
    const idle = new TestServer(echo);
    await startServer(idle);
    const halfClosed = new TestServer(echo);
    const ended = await BareClient.connect(await startServer(halfClosed));
    await ended.send('bye').end().all();
    const silent = new TestServer(echo);
    const waiting = await BareClient.connect(await startServer(silent));
    await waiting.send('x').bytes(1);

    await Promise.all([idle, halfClosed, silent].map((server) => server.stop(HOUR)));

    expect((await waiting.all()).length).to.equal(1);
  });

  describe('stop', () => {
    it('leaves no timer behind', async () => {
      await setImmediate(); // from here on mocha's own timer runs
      const timers = openTimers();
      const server = new TestServer(echo);
      const client = await BareClient.connect(await startServer(server));
      await client.send('x').bytes(1);

      await server.stop();

      expect(openTimers()).to.equal(timers);
    });

    it('closes idle connections and refuses new ones', async () => {
      const server = new TestServer(echo);
      const port = await startServer(server);
      const idle = await BareClient.connect(port);
      await idle.send('x').bytes(1);

      await Promise.all([server.stop(), idle.all()]);

      expect(await rejection(BareClient.connect(port))).to.have.property('code', 'ECONNREFUSED');
    });

    it('does not cut one client because another has left', async () => {
      let answer: () => void = () => undefined;
      const ready = new Promise<void>((resolve) => (answer = resolve));
      const server = new TestServer(async (client) => {
        const name = String(await client.recv(10));
        if (name === 'slow') await ready;
        await client.sendall(Buffer.from(`${name} is answered`));
      });
      const port = await startServer(server);
      const slow = (await BareClient.connect(port)).send('slow');
      const quick = (await BareClient.connect(port)).send('quick');
      await quick.bytes(1);

      const stopping = server.stop(HOUR);
      await quick.end().all();
      await quick.closed();
      for (let turn = 0; turn < 50; turn++) await setImmediate();
      answer();

      expect(String(await slow.end().all())).to.equal('slow is answered');
      await stopping;
    });

    it('finishes its work: an echo of several megabytes comes back complete', async () => {
      const server = new TestServer(echo);
      const port = await startServer(server);
      const client = await BareClient.connect(port);
      const message = Buffer.alloc(8 * MiB, 'all of it ');
      client.send(message);
      await client.bytes(1);

      const [received] = await Promise.all([client.all(), server.stop()]);

      expect(received.equals(message)).to.equal(true);
    });

    it('answers a request that had arrived, even from a client not yet accepted', async () => {
      const server = new TestServer(async (client) => {
        await client.sendall(await client.recv(100));
      });
      const port = await startServer(server);
      const clients = await Promise.all(Array.from({ length: 20 }, () => BareClient.connect(port)));
      for (const client of clients) client.send('me too');

      await Promise.all([server.stop(), ...clients.map((client) => client.all())]);

      expect(clients.map(({ received }) => received)).to.deep.equal(clients.map(() => 'me too'));
    });

    it('waits until all that is owed has left', async () => {
      const server = new TestServer((client) => {
        void client.sendall(Buffer.alloc(32 * MiB)).catch(() => undefined);
        return Promise.resolve(); // the conversation is over, the sending is not
      });
      const client = (await BareClient.connect(await startServer(server))).pause();
      let isStopped = false;

      const stopping = server.stop(60_000).then(() => (isStopped = true));
      for (let turn = 0; turn < 50; turn++) await setImmediate();
      expect(isStopped).to.equal(false);

      expect(await client.resume().all()).to.have.length(32 * MiB);
      await stopping;
    });

    it('cuts what does not end in time', async () => {
      let release: () => void = () => undefined;
      const stuck = new Promise<void>((resolve) => (release = resolve));
      const server = new TestServer(() => stuck);
      const client = await BareClient.connect(await startServer(server));

      await Promise.all([server.stop(20), rejection(client.all())]);

      release();
    });

    it('is harmless before start, and twice', async () => {
      const server = new TestServer(echo);

      await server.stop();
      await server.stop();

      expect(await rejection(BareClient.connect(await freePort()))).to.have.property(
        'code',
        'ECONNREFUSED',
      );
    });
  });
});
