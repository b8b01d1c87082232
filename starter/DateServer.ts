import { injectable } from 'inversify';
import { runServer } from '../src/cli/runServer';
import { Clock } from '../src/services/Clock';
import { errorLine, Messages } from '../src/socket/Messages';
import type { Socket } from '../src/socket/Socket';
import { SocketServer } from '../src/socket/SocketServer';
import { formatRfc3339 } from '../src/text/rfc3339';

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
    // Your part: for each request that next() of new Messages(client, this.limits) returns, send()
    // the result of reply(). next() returns undefined when the client has sent end of file.
    await client.recv(1024);
    throw new Error('converse() of DateServer is not written yet');
  }

  protected reply(_request: string, _client: Socket): string | Promise<string> {
    // Your part: return the present date and time from the clock.
    throw new Error('reply() of DateServer is not written yet');
  }

  protected override errorReply(error: unknown): string | undefined {
    return errorLine(error);
  }
}

if (require.main === module) runServer(DateServer, { port: 6015 });
