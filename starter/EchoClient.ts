import { message } from '../src/cli/options';
import { runClient } from '../src/cli/runClient';
import type { Socket } from '../src/socket/Socket';
import { SocketClient } from '../src/socket/SocketClient';
import { UnexpectedReply } from '../src/socket/UnexpectedReply';
import { quote } from '../src/text/quote';

/** Sends a message and receives it back. Slide "Socket Programming: Simple Client". */
export class EchoClient extends SocketClient<string> {
  constructor(private readonly message: string) {
    super();
  }

  protected async converse(server: Socket): Promise<string> {
    // Your part, the slide's lines 10 and 11: sendall() the message, receive until all of it has
    // come back, and return that. What if the server closes early, or sends something else?
    throw new Error('converse() of EchoClient is not written yet');
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
