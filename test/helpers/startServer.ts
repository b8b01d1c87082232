import { ServerReport } from '../../src/socket/ServerReport';
import type { SocketServer } from '../../src/socket/SocketServer';
import { afterwards } from './cleanUp';

/** Starts a server on a free port of this machine; it is stopped after the test. */
export async function startServer(
  server: SocketServer,
  report = new ServerReport(),
): Promise<number> {
  const { port } = await server.start({ host: '127.0.0.1', port: 0 }, report);
  afterwards(() => server.stop(0));
  return port;
}
