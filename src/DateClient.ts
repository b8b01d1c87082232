import { question } from './cli/options';
import { runClient } from './cli/runClient';
import { Messages } from './socket/Messages';
import type { Socket } from './socket/Socket';
import { SocketClient } from './socket/SocketClient';
import { UnexpectedReply } from './socket/UnexpectedReply';
import { isRfc3339 } from './text/rfc3339';

/** Asks for the date and time. Slide "Exercise 2". */
export class DateClient extends SocketClient<string> {
  constructor(private readonly question: string) {
    super();
  }

  protected async converse(server: Socket): Promise<string> {
    const messages = new Messages(server);
    await messages.send(this.question);
    const date = await messages.reply();
    if (!isRfc3339(date))
      throw new UnexpectedReply(`answered what is not a date: ${date}`, server.peer);
    return date;
  }
}

if (require.main === module) {
  runClient(DateClient, {
    server: 'DateServer',
    port: 6015,
    argument: question('What time is it?'),
  });
}
