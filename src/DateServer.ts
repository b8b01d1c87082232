import { injectable } from 'inversify';
import { runServer } from './cli/runServer';
import { Clock } from './services/Clock';
import { errorLine, Messages } from './socket/Messages';
import type { Socket } from './socket/Socket';
import { SocketServer } from './socket/SocketServer';
import { formatRfc3339 } from './text/rfc3339';

/**
 * Answers each request with the date and time. Slide "Exercise 1".
 *
 * It waits for a question and ignores its text. (RFC 867 answers as soon as a client connects.)
 */
@injectable()
export class DateServer extends SocketServer {
  constructor(private readonly clock: Clock) {
    super();
  }

  protected async converse(client: Socket): Promise<void> {
    const messages = new Messages(client, this.limits);
    for (;;) {
      const request = await messages.next();
      if (request === undefined) break;
      await messages.send(await this.reply(request, client));
    }
  }

  protected reply(_request: string, _client: Socket): string | Promise<string> {
    return formatRfc3339(this.clock.now());
  }

  protected override errorReply(error: unknown): string | undefined {
    return errorLine(error);
  }
}

if (require.main === module) runServer(DateServer, { port: 6015 });
