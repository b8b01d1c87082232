import { message } from '../../src/cli/options';
import { runClient } from '../../src/cli/runClient';
import type { Socket } from '../../src/socket/Socket';
import { SocketClient } from '../../src/socket/SocketClient';
import { quote } from '../../src/text/quote';

/** Sends one message in two pieces. The server can't know that they belong together. */
export class OneInTwoPieces extends SocketClient<string> {
  constructor(private readonly message: string) {
    super();
  }

  protected async converse(server: Socket): Promise<string> {
    const message = Buffer.from(this.message);
    const middle = Math.ceil(message.length / 2);
    const echoes: Buffer[] = [];
    for (const piece of [message.subarray(0, middle), message.subarray(middle)]) {
      await server.sendall(piece);
      echoes.push(await server.recvall(piece.length));
    }
    return Buffer.concat(echoes).toString();
  }
}

if (require.main === module) {
  runClient(OneInTwoPieces, {
    server: 'EchoServer',
    port: 65432,
    argument: message('Hello, world'),
    show: (echo) => `Received ${quote(echo)}`,
  });
}
