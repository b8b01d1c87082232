import { injectable } from 'inversify';
import { runServer } from './cli/runServer';
import { DateServer } from './DateServer';
import { Clock } from './services/Clock';
import { RequestLogger } from './services/RequestLogger';
import { formatAddress } from './socket/Address';
import type { Socket } from './socket/Socket';

/** A DateServer that logs each request before it answers. Slide "Exercise 3". */
@injectable()
export class LoggingDateServer extends DateServer {
  constructor(
    clock: Clock,
    private readonly logger: RequestLogger,
  ) {
    super(clock);
  }

  protected override async reply(request: string, client: Socket): Promise<string> {
    await this.logger.log(request, formatAddress(client.peer));
    return super.reply(request, client);
  }
}

if (require.main === module) runServer(LoggingDateServer, { port: 6015, logDir: 'logs' });
