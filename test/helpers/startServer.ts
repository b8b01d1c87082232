import type { SocketServer, StartOptions } from '../../src/socket/SocketServer';
import { afterwards } from './cleanUp';

/** Starts a server on a free port of this machine; it is stopped after the test. */
export async function startServer(server: SocketServer, options?: StartOptions): Promise<number> {
  const { port } = await server.start({ host: '127.0.0.1', port: 0 }, options);
  afterwards(() => server.stop(0));
  return port;
}
