import { injectable } from 'inversify';
import { runServer } from './cli/runServer';
import { ServerLimits } from './socket/ServerLimits';
import type { Socket } from './socket/Socket';
import { SocketServer } from './socket/SocketServer';

/** Sends every byte back, unchanged (RFC 862). Slide "Socket Programming: Simple Server". */
@injectable()
export class EchoServer extends SocketServer {
  constructor(limits?: ServerLimits) {
    super(limits);
  }

  protected override async converse(client: Socket): Promise<void> {
    for (;;) {
      const data = await client.recv(65536);
      if (data.length === 0) break;
      await client.sendall(data);
    }
  }
}

if (require.main === module) runServer(EchoServer, { port: 65432 });
