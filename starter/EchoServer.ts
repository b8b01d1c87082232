import { runServer } from '../src/cli/runServer';
import type { Socket } from '../src/socket/Socket';
import { SocketServer } from '../src/socket/SocketServer';

/** Sends every byte back, unchanged (RFC 862). Slide "Socket Programming: Simple Server". */
export class EchoServer extends SocketServer {
  protected async converse(client: Socket): Promise<void> {
    // Your part, the slide's lines 14 to 18: recv() until it returns no bytes; sendall() what came.
    await client.recv(1024);
    throw new Error('converse() of EchoServer is not written yet');
  }
}

if (require.main === module) runServer(EchoServer, { port: 65432 });
