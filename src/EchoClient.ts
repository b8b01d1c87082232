import { message } from './cli/options';
import { runClient } from './cli/runClient';
import type { Socket } from './socket/Socket';
import { SocketClient } from './socket/SocketClient';
import { UnexpectedReply } from './socket/UnexpectedReply';
import { quote } from './text/quote';

/** Sends a message and receives it back. Slide "Socket Programming: Simple Client". */
export class EchoClient extends SocketClient<string> {
  constructor(private readonly message: string) {
    super();
  }

  protected async converse(server: Socket): Promise<string> {
    const message = Buffer.from(this.message);
    // Both together: a server that can't send its echo stops receiving, so a long message would block.
    const [, echo] = await Promise.all([server.sendall(message), server.recvall(message.length)]);
    if (!echo.equals(message)) throw new UnexpectedReply('sent back something else', server.peer);
    return echo.toString();
  }
}

if (require.main === module) {
  runClient(EchoClient, {
    server: 'EchoServer',
    port: 65432,
    argument: message('Hello, world'),
    show: (echo) => `Received ${quote(echo)}`,
  });
}
