import * as net from 'node:net';
import { once } from 'node:events';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import type { Socket } from '../../src/socket/Socket';
import { afterwards } from './cleanUp';

/** A `Socket` as a server gets it from `accept`, and Node's own socket at the other end. */
export async function connectedPair(): Promise<{ socket: Socket; peer: net.Socket }> {
  const welcoming = new ListeningSocket();
  welcoming.bind({ host: '127.0.0.1', port: 0 });
  await welcoming.listen();
  const peer = net.connect({ ...welcoming.local, allowHalfOpen: true, noDelay: true });
  peer.on('error', () => undefined); // a test may break the connection
  const [socket] = await Promise.all([welcoming.accept(), once(peer, 'connect')]);
  await welcoming.close();
  afterwards(() => {
    peer.destroy();
    socket.abort();
  });
  return { socket, peer };
}
