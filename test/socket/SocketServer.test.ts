import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { ServerLimits } from '../../src/socket/ServerLimits';
import type { Socket } from '../../src/socket/Socket';
import { SocketServer } from '../../src/socket/SocketServer';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { FakeReport } from '../helpers/FakeReport';
import { freePort } from '../helpers/freePort';
import { rejection } from '../helpers/rejection';
import { startServer } from '../helpers/startServer';

const MiB = 1024 * 1024;
const HOST = '127.0.0.1';

/** Talks with its clients as a test says. */
class TestServer extends SocketServer {
  constructor(
    private readonly talk: (client: Socket) => Promise<unknown>,
    limits?: ServerLimits,
  ) {
    super(limits);
  }

  protected override async converse(client: Socket): Promise<void> {
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
    const port = await startServer(new TestServer(talk), report);
    const good = await BareClient.connect(port);

    const bad = await BareClient.connect(port);
    bad.send('break');

    expect(String(await bad.all())).to.equal('');
    expect(report.problems).to.deep.equal([broken]);
    expect(String(await good.send('go on').all())).to.equal('fine');
  });

  it('tells the client an error that has a reply, however much of it is still unread', async () => {
    const refusal = Object.assign(new Error('too much'), { reply: 'that is too much' });
    const talk = async (client: Socket) => {
      await client.recv(1);
      throw refusal;
    };
    const port = await startServer(new TestServer(talk));

    const client = await BareClient.connect(port);
    client.send(Buffer.alloc(MiB / 2));

    expect(String(await client.all())).to.equal('ERROR that is too much\n');
  });

  it('does not mind when nobody is left to hear the error', async () => {
    const report = new FakeReport();
    const talk = async (client: Socket) => {
      await client.recv(1).catch(() => undefined);
      throw Object.assign(new Error('unheard'), { reply: 'unheard' });
    };
    const port = await startServer(new TestServer(talk), report);

    (await BareClient.connect(port)).reset();

    expect(await report.firstProblem()).to.have.property('message', 'unheard');
    await BareClient.connect(port); // it is still there
  });

  it('takes no more clients than it may, and reports that', async () => {
    const report = new FakeReport();
    const port = await startServer(new TestServer(echo, new ServerLimits(1)), report);
    const only = await BareClient.connect(port);
    await only.send('x').bytes(1);

    await (await BareClient.connect(port)).all();

    expect(await report.firstProblem()).to.include({ call: 'accept', code: 'ECONNABORTED' });
    expect(String(await only.send('y').bytes(2))).to.equal('xy');
  });

  describe('stop', () => {
    it('closes idle connections and refuses new ones', async () => {
      const server = new TestServer(echo);
      const port = await startServer(server);
      const idle = await BareClient.connect(port);
      await idle.send('x').bytes(1);

      await Promise.all([server.stop(), idle.all()]);

      expect(await rejection(BareClient.connect(port))).to.have.property('code', 'ECONNREFUSED');
    });

    it('finishes what is under way: an echo of several megabytes comes back whole', async () => {
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
