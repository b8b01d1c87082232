import { message } from '../../src/cli/options';
import { runClient } from '../../src/cli/runClient';
import type { Socket } from '../../src/socket/Socket';
import { SocketClient } from '../../src/socket/SocketClient';
import { quote } from '../../src/text/quote';

/** Sends everything, closes that direction (half-close), and then reads until end of file. */
export class EndOfFileFirst extends SocketClient<string> {
  constructor(private readonly message: string) {
    super();
  }

  protected async converse(server: Socket): Promise<string> {
    await server.sendall(Buffer.from(this.message));
    server.shutdown();
    const received: Buffer[] = [];
    for (;;) {
      const data = await server.recv(1024);
      if (data.length === 0) break;
      received.push(data);
    }
    return Buffer.concat(received).toString();
  }
}

if (require.main === module) {
  runClient(EndOfFileFirst, {
    server: 'EchoServer',
    port: 65432,
    argument: message('Hello, world'),
    show: (echo) => `Received ${quote(echo)}`,
  });
}
