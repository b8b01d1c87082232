import { runServer } from '../src/cli/runServer';
import { Messages } from '../src/socket/Messages';
import type { Socket } from '../src/socket/Socket';
import { SocketServer } from '../src/socket/SocketServer';

/** Answers each line with the same line, backwards. */
export class ReverseServer extends SocketServer {
  protected async converse(client: Socket): Promise<void> {
    const messages = new Messages(client, this.limits);
    for (;;) {
      const line = await messages.next();
      if (line === undefined) break;
      await messages.send(Array.from(line).reverse().join(''));
    }
  }
}

if (require.main === module) runServer(ReverseServer, { port: 6100 });
