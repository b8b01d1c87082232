import { runServer } from './cli/runServer';
import type { Socket } from './socket/Socket';
import { SocketServer } from './socket/SocketServer';

/** Sends every byte back, unchanged (RFC 862). Slide "Socket Programming: Simple Server". */
export class EchoServer extends SocketServer {
  protected async converse(client: Socket): Promise<void> {
    for (;;) {
      const data = await client.recv(65536); // at most 64 KiB, as Node reads; the slide has 1024
      if (data.length === 0) break;
      await client.sendall(data);
    }
  }
}

if (require.main === module) runServer(EchoServer, { port: 65432 });
