import { ListeningSocket } from '../../src/socket/ListeningSocket';

/** A port that no program listens on. */
export async function freePort(): Promise<number> {
  const welcoming = new ListeningSocket();
  welcoming.bind({ host: '127.0.0.1', port: 0 });
  await welcoming.listen();
  const { port } = welcoming.local;
  await welcoming.close();
  return port;
}
