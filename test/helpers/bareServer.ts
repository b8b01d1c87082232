import { once } from 'node:events';
import * as net from 'node:net';

export interface BareServer extends AsyncDisposable {
  readonly port: number;
  close(): Promise<void>;
}

/** A server on a free port that treats its clients as the test says, right or wrong. */
export async function bareServer(
  treat: (client: net.Socket) => unknown,
  at = 0,
): Promise<BareServer> {
  const clients = new Set<net.Socket>();
  const server = net.createServer((client) => {
    clients.add(client);
    client.on('error', () => undefined); // the other side may leave as it likes
    client.on('close', () => clients.delete(client));
    treat(client);
  });
  server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    for (const client of clients) client.destroy();
    if (server.listening) await once(server.close(), 'close');
  };
  const { port } = server.address() as net.AddressInfo;
  return { port, close, [Symbol.asyncDispose]: close };
}
