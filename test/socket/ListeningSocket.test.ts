import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { freePort } from '../helpers/freePort';
import { rejection } from '../helpers/rejection';

async function listening(maxConnections?: number): Promise<ListeningSocket> {
  const welcoming = new ListeningSocket(maxConnections);
  afterwards(() => welcoming.close());
  welcoming.bind({ host: '127.0.0.1', port: 0 });
  await welcoming.listen();
  return welcoming;
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

    expect(await accepting).to.have.property('code', 'EBADF');
    expect(await rejection(welcoming.accept())).to.have.property('code', 'EBADF');
    expect(await rejection(connect(welcoming.local.port))).to.have.property('code', 'ECONNREFUSED');
  });

  it('cuts the clients that still waited for accept when it closes', async () => {
    const welcoming = await listening();
    const client = await connect(welcoming.local.port);

    await welcoming.close();

    await once(client.resume(), 'close');
  });

  it('says that bind failed when the port is taken', async () => {
    const taken = (await listening()).local;
    const welcoming = new ListeningSocket();
    welcoming.bind(taken);

    const error = await rejection(welcoming.listen());

    expect(error).to.include({ call: 'bind', code: 'EADDRINUSE' });
  });

  it('listens only after bind', () => {
    expect(() => new ListeningSocket().listen()).to.throw(/bind\(\) comes first/);
  });

  it('closes one connection more than it may have, says so, and takes the next free place', async () => {
    const welcoming = await listening(1);
    const { port } = welcoming.local;
    await connect(port);
    const only = await welcoming.accept();

    const accepting = rejection(welcoming.accept());
    const extra = await connect(port);
    await once(extra.resume(), 'close');
    expect(await accepting).to.include({ call: 'accept', code: 'ECONNABORTED' });

    only.abort();
    await only.close();
    const next = await connect(port);
    const accepted = await welcoming.accept();
    expect(accepted.peer?.port).to.equal(next.localPort);
    accepted.abort();
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
