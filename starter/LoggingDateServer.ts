import { injectable } from 'inversify';
import { runServer } from '../src/cli/runServer';
import { Clock } from '../src/services/Clock';
import { RequestLogger } from '../src/services/RequestLogger';
import { formatAddress } from '../src/socket/Address';
import type { Socket } from '../src/socket/Socket';
import { DateServer } from './DateServer';
import { NumberedFileLogger } from './NumberedFileLogger';

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
    // Your part: log() the request with the logger; then reply as a DateServer does.
    throw new Error('reply() of LoggingDateServer is not written yet');
  }
}

if (require.main === module)
  runServer(LoggingDateServer, { port: 6015, logDir: 'logs', logger: NumberedFileLogger });
