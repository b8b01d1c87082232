import { question } from '../src/cli/options';
import { runClient } from '../src/cli/runClient';
import { Messages } from '../src/socket/Messages';
import type { Socket } from '../src/socket/Socket';
import { SocketClient } from '../src/socket/SocketClient';
import { UnexpectedReply } from '../src/socket/UnexpectedReply';
import { isRfc3339 } from '../src/text/rfc3339';

/** Asks for the date and time. Slide "Exercise 2". */
export class DateClient extends SocketClient<string> {
  constructor(private readonly question: string) {
    super();
  }

  protected async converse(server: Socket): Promise<string> {
    // Your part: send() the question with new Messages(server), and return the reply(). What do
    // you do if it is not a date?
    throw new Error('converse() of DateClient is not written yet');
  }
}

if (require.main === module) {
  runClient(DateClient, {
    server: 'DateServer',
    port: 6015,
    argument: question('What time is it?'),
  });
}
