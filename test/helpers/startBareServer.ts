import type * as net from 'node:net';
import { bareServer } from './bareServer';
import { afterwards } from './cleanUp';

/** Starts a server that treats its clients as the test says; it is closed after the test. */
export async function startBareServer(treat: (client: net.Socket) => unknown): Promise<number> {
  const server = await bareServer(treat);
  afterwards(() => server.close());
  return server.port;
}
