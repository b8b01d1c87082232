import { injectable } from 'inversify';
import { runServer } from './cli/runServer';
import { Clock } from './services/Clock';
import { formatRfc3339 } from './services/rfc3339';
import { MessageReader } from './socket/MessageReader';
import { ServerLimits } from './socket/ServerLimits';
import type { Socket } from './socket/Socket';
import { SocketServer } from './socket/SocketServer';

/**
 * Answers each request with the date and time. Slide "Exercise 1".
 *
 * It waits for a question, whatever that says, unlike RFC 867, which answers on connect.
 */
@injectable()
export class DateServer extends SocketServer {
  constructor(
    private readonly clock: Clock,
    limits?: ServerLimits,
  ) {
    super(limits);
  }

  protected override async converse(client: Socket): Promise<void> {
    const requests = new MessageReader(client, this.limits.request);
    for (;;) {
      const request = await requests.next();
      if (request === undefined) break;
      const reply = await this.reply(request, client);
      await client.sendall(Buffer.from(`${reply}\n`));
    }
  }

  protected reply(_request: string, _client: Socket): string | Promise<string> {
    return formatRfc3339(this.clock.now());
  }
}

if (require.main === module) runServer(DateServer, { port: 6015 });
