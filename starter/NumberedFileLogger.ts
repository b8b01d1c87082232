import { injectable } from 'inversify';
import { Clock } from '../src/services/Clock';
import { LogTarget, RequestLogger } from '../src/services/RequestLogger';

/** Slide "Exercise 3": each request becomes one line in a new file, `log0.txt`, `log1.txt`, ... */
@injectable()
export class NumberedFileLogger extends RequestLogger {
  constructor(
    private readonly clock: Clock,
    private readonly target: LogTarget,
  ) {
    super();
  }

  async log(request: string, client: string): Promise<void> {
    // Your part: one line in a new file of the folder; the number rises, also after a restart, and
    // also when two requests come at the same time. The flag "wx" of node:fs creates a file, or fails if it exists.
    throw new Error('log() of NumberedFileLogger is not written yet');
  }
}
