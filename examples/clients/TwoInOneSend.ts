import { question } from '../../src/cli/options';
import { runClient } from '../../src/cli/runClient';
import { Messages } from '../../src/socket/Messages';
import type { Socket } from '../../src/socket/Socket';
import { SocketClient } from '../../src/socket/SocketClient';

/** Sends two questions with one `sendall`. The server must find out that there are two. */
export class TwoInOneSend extends SocketClient<string> {
  constructor(private readonly question: string) {
    super();
  }

  protected async converse(server: Socket): Promise<string> {
    await server.sendall(Buffer.from(`${this.question}\n${this.question}\n`));
    const messages = new Messages(server);
    const first = await messages.reply();
    const second = await messages.reply();
    return `${first}\n${second}`;
  }
}

if (require.main === module) {
  runClient(TwoInOneSend, {
    server: 'DateServer',
    port: 6015,
    argument: question('What time is it?'),
  });
}
