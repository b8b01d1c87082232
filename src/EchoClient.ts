import { message } from './cli/options';
import { runClient } from './cli/runClient';
import { UnexpectedReply } from './socket/Messages';
import type { Socket } from './socket/Socket';
import { SocketClient } from './socket/SocketClient';
import { quote } from './text/quote';

/** Sends a message and receives it back. Slide "Socket Programming: Simple Client". */
export class EchoClient extends SocketClient<string> {
  constructor(private readonly message: string) {
    super();
  }

  protected override async converse(server: Socket): Promise<string> {
    const message = Buffer.from(this.message);
    // At the same time, since a server that can't send its echo no longer receives.
    const [, echo] = await Promise.all([server.sendall(message), server.recvall(message.length)]);
    if (echo.length < message.length)
      throw new UnexpectedReply('EOF', 'hung up before all was back', server.peer);
    if (!echo.equals(message))
      throw new UnexpectedReply('EBADMSG', 'sent back something else', server.peer);
    return echo.toString();
  }
}

if (require.main === module) {
  runClient(EchoClient, {
    server: 'EchoServer',
    port: 65432,
    argument: {
      name: 'message',
      description: 'what to send',
      default: 'Hello, world',
      parse: message,
    },
    show: (echo) => `Received ${quote(echo)}`,
  });
}
