import { oneLine } from './cli/options';
import { runClient } from './cli/runClient';
import { isRfc3339 } from './services/rfc3339';
import { MessageReader } from './socket/MessageReader';
import type { Socket } from './socket/Socket';
import { type ClientLimits, SocketClient } from './socket/SocketClient';
import { SocketError } from './socket/SocketError';

/** Asks for the date and time. Slide "Exercise 2". */
export class DateClient extends SocketClient<string> {
  constructor(
    private readonly question: string,
    limits?: ClientLimits,
  ) {
    super(limits);
  }

  protected override async converse(server: Socket): Promise<string> {
    await server.sendall(Buffer.from(`${this.question}\n`));
    const reply = await new MessageReader(server, this.limits.reply).next();
    if (reply === undefined) throw new SocketError('recv', 'EOF', server.peer);
    if (reply.startsWith('ERROR ')) {
      throw new SocketError('recv', 'EREMOTEIO', server.peer, `the server answered: ${reply}`);
    }
    if (!isRfc3339(reply)) {
      throw new SocketError('recv', 'EBADMSG', server.peer, `the reply is not a date: ${reply}`);
    }
    return reply;
  }
}

if (require.main === module) {
  runClient(DateClient, {
    server: 'DateServer',
    port: 6015,
    argument: {
      name: 'question',
      description: 'what to ask',
      default: 'What time is it?',
      parse: oneLine,
    },
    show: (date) => date,
  });
}
