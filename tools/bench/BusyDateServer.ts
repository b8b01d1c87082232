import { pbkdf2Sync } from 'node:crypto';
import { runServer } from '../../src/cli/runServer';
import { DateServer } from '../../src/DateServer';
import type { Socket } from '../../src/socket/Socket';

/** A DateServer whose answers cost a millisecond of CPU, so that a second core helps. */
class BusyDateServer extends DateServer {
  protected override reply(request: string, client: Socket): string | Promise<string> {
    pbkdf2Sync(request, 'salt', 5000, 32, 'sha256');
    return super.reply(request, client);
  }
}

runServer(BusyDateServer, { port: 6015 });
