import { runClient } from './cli/runClient';
import { quote } from './cli/text';
import type { Socket } from './socket/Socket';
import { type ClientLimits, SocketClient } from './socket/SocketClient';
import { SocketError } from './socket/SocketError';

/** Sends a message and receives it back. Slide "Socket Programming: Simple Client". */
export class EchoClient extends SocketClient<string> {
  constructor(
    private readonly message: string,
    limits?: ClientLimits,
  ) {
    super(limits);
  }

  protected override async converse(server: Socket): Promise<string> {
    const message = Buffer.from(this.message);
    // At the same time, since a server that can't send its echo no longer receives.
    const [, echo] = await Promise.all([server.sendall(message), server.recvall(message.length)]);
    if (!echo.equals(message)) {
      throw new SocketError('recv', 'EBADMSG', server.peer, 'what came back is not what was sent');
    }
    return echo.toString();
  }
}

if (require.main === module) {
  runClient(EchoClient, {
    server: 'EchoServer',
    port: 65432,
    argument: { name: 'message', description: 'what to send', default: 'Hello, world' },
    show: (echo) => `Received ${quote(echo)}`,
  });
}
