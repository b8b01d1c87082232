import { runClient } from '../../src/cli/runClient';
import { Messages } from '../../src/socket/Messages';
import type { Socket } from '../../src/socket/Socket';
import { SocketClient } from '../../src/socket/SocketClient';
import { HOW_MANY } from './howMany';

/** Sends the numbers from 1 over one connection, each when the previous one has come back. */
export class TwentyMessages extends SocketClient<string> {
  /** @param count how many. */
  constructor(private readonly count: string) {
    super();
  }

  protected async converse(server: Socket): Promise<string> {
    const messages = new Messages(server);
    const echoes: string[] = [];
    for (let number = 1; number <= Number(this.count); number++) {
      await messages.send(String(number));
      echoes.push(await messages.reply());
    }
    return echoes.join(' ');
  }
}

if (require.main === module) {
  runClient(TwentyMessages, { server: 'EchoServer', port: 65432, argument: HOW_MANY });
}
