import { expect } from 'chai';
import type { Address } from '../../../src/socket/Address';
import { ListeningSocket } from '../../../src/socket/ListeningSocket';
import { Socket } from '../../../src/socket/Socket';
import { StreamRelay } from '../../../tools/trace/StreamRelay';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { rejection } from '../../helpers/rejection';

const HOST = '127.0.0.1';

describe('A relay that sees what passes', () => {
  afterEach(cleanUp);

  async function startRelay(): Promise<{
    relay: StreamRelay;
    welcoming: ListeningSocket;
    client: Socket;
    address: Address;
  }> {
    const welcoming = new ListeningSocket();
    welcoming.bind({ host: HOST, port: 0 });
    await welcoming.listen();
    const relay = new StreamRelay(welcoming.local, process.hrtime.bigint());
    const address = { host: HOST, port: await relay.start() };
    const client = new Socket();
    afterwards(async () => {
      await relay.stop();
      client.reset();
      await welcoming.close();
    });
    return { relay, welcoming, client, address };
  }

  /** `handshake > server` */
  const seen = ({ records }: StreamRelay) =>
    records.map(({ what, to, bytes }) => `${what}${bytes ? ` ${bytes.n}` : ''} > ${to}`);

  it('connects only when a client does, and passes each piece and a half-close', async () => {
    const { relay, welcoming, client, address } = await startRelay();
    const accepted = welcoming.accept();
    expect(seen(relay)).to.deep.equal([]);
    await client.connect(address);
    await using server = await accepted;
    await client.sendall(Buffer.from('one'));
    expect(String(await server.recv(100))).to.equal('one');
    client.shutdown();
    expect(await server.recv(100)).to.have.length(0);
    await server.sendall(Buffer.from('more'));
    expect(String(await client.recv(100))).to.equal('more');
    server.shutdown();
    expect(await client.recv(100)).to.have.length(0);

    expect(seen(relay)).to.deep.equal([
      'handshake > server',
      'bytes 3 > server',
      'eof > server',
      'bytes 4 > client',
      'eof > client',
    ]);
  });

  for (const role of ['client', 'server'] as const) {
    it(`passes a reset of the ${role}'s`, async () => {
      const { relay, welcoming, client, address } = await startRelay();
      const accepted = welcoming.accept();
      await client.connect(address);
      await using server = await accepted;
      await client.sendall(Buffer.from('one'));
      await server.recv(100);
      const [one, other] = role === 'client' ? [client, server] : [server, client];
      const received = rejection(other.recv(100));
      one.reset();

      expect(String(await received)).to.match(/reset/);
      const to = role === 'client' ? 'server' : 'client';
      expect(seen(relay).slice(2)).to.deep.equal([`reset > ${to}`]);
    });
  }

  it('waits for a server that is still starting', async () => {
    const { relay, welcoming, client, address } = await startRelay();
    const { port } = welcoming.local;
    await welcoming.close();
    await client.connect(address);
    await client.sendall(Buffer.from('early'));
    await using late = new ListeningSocket();
    late.bind({ host: HOST, port });
    await late.listen();
    await using server = await late.accept();

    expect(String(await server.recv(100))).to.equal('early');
    expect(seen(relay)).to.deep.equal(['handshake > server', 'bytes 5 > server']);
  });
});
