import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type ListeningOptions, ListeningSocket } from '../../src/socket/ListeningSocket';
import { SocketError } from '../../src/socket/SocketError';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { freePort } from '../helpers/freePort';
import { itWith } from '../helpers/itOnLinux';
import { rejection } from '../helpers/rejection';

async function listening(options?: ListeningOptions, backlog?: number): Promise<ListeningSocket> {
  const welcoming = new ListeningSocket(options);
  afterwards(() => welcoming.close());
  welcoming.bind({ host: '127.0.0.1', port: 0 });
  await welcoming.listen(backlog);
  return welcoming;
}

/** One that listens, and the server of Node's below it. */
async function withNodesServer(options?: ListeningOptions, backlog?: number) {
  const { createServer } = net;
  let server = new net.Server();
  let asked: unknown;
  const remember = (...args: Parameters<typeof createServer>) => {
    [asked] = args;
    return (server = createServer(...args));
  };
  Object.assign(net, { createServer: remember });
  try {
    const welcoming = await listening(options, backlog);
    return { welcoming, server, asked };
  } finally {
    Object.assign(net, { createServer });
  }
}

/** A port in TIME_WAIT: its server has closed first, and had no SO_REUSEADDR. */
function portInTimeWait(): number {
  const program = `
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
client = socket.create_connection(s.getsockname())
s.accept()[0].close()
client.close()
print(s.getsockname()[1])`;
  return Number(execFileSync('python3', ['-c', program], { encoding: 'utf8' }));
}

async function connect(port: number): Promise<net.Socket> {
  const client = net.connect({ port, host: '127.0.0.1' });
  afterwards(() => client.destroy());
  client.on('error', () => undefined);
  await once(client, 'connect');
  return client;
}

describe('ListeningSocket', () => {
  afterEach(cleanUp);

  it('has a real port once it listens on port 0', async () => {
    const { port } = (await listening()).local;

    expect(port).to.be.within(1, 65535);
    expect((await connect(port)).remotePort).to.equal(port);
  });

  it('needs no accept() for the handshake: a client has connected and sent before', async () => {
    const welcoming = await listening();
    const client = await connect(welcoming.local.port);
    await new Promise((resolve) => client.write('early', resolve));

    const accepted = await welcoming.accept();

    expect(String(await accepted.recv(100))).to.equal('early');
  });

  it('gives a new socket for each client, in the order in which they came', async () => {
    const welcoming = await listening();
    const first = await connect(welcoming.local.port);
    const second = await connect(welcoming.local.port);

    const accepted = [await welcoming.accept(), await welcoming.accept()];

    expect(accepted.map(({ peer }) => peer?.port)).to.deep.equal([
      first.localPort,
      second.localPort,
    ]);
    for (const { local } of accepted) expect(local).to.deep.equal(welcoming.local);
    for (const socket of accepted) socket.abort();
  });

  it('waits in accept for a client that is still to come', async () => {
    const welcoming = await listening();
    const accepting = welcoming.accept();

    const client = await connect(welcoming.local.port);

    const accepted = await accepting;
    expect(accepted.peer?.port).to.equal(client.localPort);
    accepted.abort();
  });

  it('refuses clients and accepts no more after close', async () => {
    const welcoming = await listening();
    const accepting = rejection(welcoming.accept());

    await welcoming.close();

    expect(await accepting).to.include({ call: 'accept', code: 'EBADF' });
    expect(await rejection(welcoming.accept())).to.have.property('code', 'EBADF');
    expect(await rejection(connect(welcoming.local.port))).to.have.property('code', 'ECONNREFUSED');
  });

  it('resets the clients that still waited for accept when it closes', async () => {
    const welcoming = await listening();
    const failed = once(await connect(welcoming.local.port), 'error');

    await welcoming.close();

    expect((await failed)[0]).to.have.property('code', 'ECONNRESET');
  });

  it('says that bind failed when the port is taken', async () => {
    const taken = (await listening()).local;
    const welcoming = new ListeningSocket();
    welcoming.bind(taken);

    const error = await rejection(welcoming.listen());

    expect(error).to.include({ call: 'bind', code: 'EADDRINUSE' });
    expect((error as SocketError).message).not.to.contain('TIME_WAIT');
  });

  if (process.platform === 'linux')
    itWith('python3', 'says that only closed connections hold the port, and how long', async () => {
      const port = portInTimeWait();
      const welcoming = new ListeningSocket();
      welcoming.bind({ host: '127.0.0.1', port });
      const elsewhere = new ListeningSocket();
      elsewhere.bind({ host: '192.0.2.1', port });

      const error = await rejection(welcoming.listen());
      const notOurs = await rejection(elsewhere.listen());

      expect(error).to.include({ call: 'bind', code: 'EADDRINUSE' });
      expect((error as SocketError).message).to.match(
        /port \d+ is held by a connection that is closed \(TIME_WAIT\), for \d+ s more/,
      );
      expect((error as SocketError).cause).to.have.property('code', 'EADDRINUSE');
      expect(notOurs).to.include({ call: 'bind', code: 'EADDRNOTAVAIL' });
    });

  it('has nothing to wait for when it is closed before it listens', async () => {
    const unused = new ListeningSocket();

    await unused.close();

    expect(await rejection(unused.accept())).to.include({ call: 'accept', code: 'EBADF' });
  });

  it('has each small answer sent immediately (RFC 9293 section 3.7.4, Nagle)', async () => {
    const { asked } = await withNodesServer();

    expect(asked).to.include({ noDelay: true });
  });

  describe('in every order of calls', () => {
    const free = { host: '127.0.0.1', port: 0 };

    it('listens only after bind, once, and not after close', async () => {
      const unbound = new ListeningSocket();
      expect(await rejection(unbound.listen()))
        .to.have.property('message')
        .that.contains('call bind() first');
      expect(() => unbound.local).to.throw(/call bind\(\) first/);

      const welcoming = await listening();
      expect(await rejection(welcoming.listen())).to.include({ call: 'listen', code: 'EALREADY' });

      await welcoming.close();
      expect(await rejection(welcoming.listen())).to.include({ call: 'listen', code: 'EBADF' });
      expect(() => {
        welcoming.bind(free);
      }).to.throw(/^bind\(.*the socket is closed/);
    });

    it('binds once, to a port from 0 to 65535', () => {
      const welcoming = new ListeningSocket();
      for (const port of [65536, -1, 1.5, NaN]) {
        expect(() => {
          welcoming.bind({ host: '127.0.0.1', port });
        }).to.throw(SocketError, `a port is a whole number from 0 to 65535, not ${port}`);
      }
      welcoming.bind(free);
      expect(() => {
        welcoming.bind(free);
      }).to.throw(SocketError, 'already bound');
    });

    it('accepts only between listen and close', async () => {
      const welcoming = new ListeningSocket();
      welcoming.bind(free);
      const early = await rejection(welcoming.accept());
      expect(early).to.include({ call: 'accept', code: 'EINVAL' });
      expect(early).to.have.property('message').that.contains('call listen() first');

      await welcoming.listen();
      await welcoming.close();

      expect(await rejection(welcoming.accept())).to.include({ call: 'accept', code: 'EBADF' });
    });

    it('gives the second client to the second of two accept() calls', async () => {
      const welcoming = await listening();
      const accepting = [welcoming.accept(), welcoming.accept()];

      const clients = [
        await connect(welcoming.local.port),
        await connect(welcoming.local.port),
      ] as const;

      const accepted = await Promise.all(accepting);
      expect(accepted.map(({ peer }) => peer?.port)).to.deep.equal(
        clients.map(({ localPort }) => localPort),
      );
      for (const socket of accepted) socket.abort();
    });

    it('opens no port when it is closed while it begins to listen', async () => {
      const port = await freePort();
      const welcoming = new ListeningSocket();
      welcoming.bind({ host: '127.0.0.1', port });
      const starting = rejection(welcoming.listen());

      await welcoming.close();

      expect(await starting).to.include({ call: 'listen', code: 'EBADF' });
      expect(await rejection(connect(port))).to.have.property('code', 'ECONNREFUSED');
    });
  });

  it('closes one connection more than it may have, says so, and takes the next free place', async () => {
    const refusals: SocketError[] = [];
    const refused = (error: SocketError) => refusals.push(error);
    const welcoming = await listening({ maxConnections: 1, refused });
    const { port } = welcoming.local;
    await connect(port);
    const only = await welcoming.accept();

    const accepting = welcoming.accept();
    const extra = await connect(port);
    await once(extra.resume(), 'close');
    expect(refusals).to.have.length(1);
    expect(refusals[0]).to.include({ call: 'accept', code: 'ECONNABORTED' });
    expect(refusals[0]?.reason).to.equal('1 connection is open, and no more are accepted');

    only.abort();
    await only.close();
    const next = await connect(port);
    const accepted = await accepting;
    expect(accepted.peer?.port).to.equal(next.localPort);
    accepted.abort();
  });

  it('says how many connections are open', async () => {
    const refusals: SocketError[] = [];
    const { server } = await withNodesServer({
      maxConnections: 2,
      refused: (error) => refusals.push(error),
    });

    server.emit('drop');

    expect(refusals.map(({ reason }) => reason)).to.deep.equal([
      '2 connections are open, and no more are accepted',
    ]);
  });

  it('keeps at most a backlog of clients waiting for accept', async () => {
    const welcoming = new ListeningSocket();
    afterwards(() => welcoming.close());
    welcoming.bind({ host: '127.0.0.1', port: 0 });
    await welcoming.listen(1);
    await connect(welcoming.local.port);

    const second = await connect(welcoming.local.port);

    await once(second.resume(), 'close');
  });

  it('takes port 65535 for one', () => {
    const welcoming = new ListeningSocket();

    welcoming.bind({ host: '127.0.0.1', port: 65535 });

    expect(welcoming.local.port).to.equal(65535);
  });

  for (const refused of [undefined, () => undefined]) {
    const told = refused ? 'and says so' : 'also when nobody wants to know';
    it(`goes on after the system could not give it a client, ${told}`, async () => {
      const errors: SocketError[] = [];
      const { welcoming, server } = await withNodesServer(
        refused && { refused: (error) => errors.push(error) },
      );
      const accepting = welcoming.accept();

      server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
      server.emit('error', new Error('odd'));
      const client = await connect(welcoming.local.port);

      expect((await accepting).peer?.port).to.equal(client.localPort);
      expect(errors.map(({ call, code }) => `${call} ${code}`)).to.deep.equal(
        refused ? ['accept EMFILE', 'accept EUNKNOWN'] : [],
      );
    });
  }

  it('refuses one client more than allowed, even without a report', async () => {
    const welcoming = await listening({ maxConnections: 1 });
    await connect(welcoming.local.port);

    await once((await connect(welcoming.local.port)).resume(), 'close');

    expect((await welcoming.accept()).peer).not.to.equal(undefined);
  });

  it('gives its port back at the end of the block that uses it', async () => {
    let port: number;
    {
      await using welcoming = await listening();
      ({ port } = welcoming.local);
    }

    expect(await rejection(connect(port))).to.have.property('code', 'ECONNREFUSED');
  });

  it('has accepted all after a backlog of them, however many others come', async () => {
    const { welcoming, server } = await withNodesServer({}, 5);
    let turns = 0;
    let isOver = false;
    const crowd = async () => {
      for (; !isOver && turns < 1000; turns++) {
        server.emit('connection', new net.Socket());
        await setImmediate();
      }
    };
    const coming = crowd();

    await welcoming.allAccepted();
    isOver = true;
    await coming;

    expect(turns).to.be.within(1, 100);
  });

  it('listens on IPv6', async () => {
    const port = await freePort();
    const welcoming = new ListeningSocket();
    afterwards(() => welcoming.close());
    welcoming.bind({ host: '::1', port });
    await welcoming.listen();

    const client = net.connect({ host: '::1', port });
    const accepted = await welcoming.accept();

    expect(accepted.peer?.host).to.equal('::1');
    client.destroy();
    accepted.abort();
  });
});
