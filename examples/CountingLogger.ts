import { injectable } from 'inversify';
import { RequestLogger } from '../src/services/RequestLogger';

/** Stores no requests; it only counts them for each host. */
@injectable()
export class CountingLogger extends RequestLogger {
  readonly counts = new Map<string, number>();

  log(_request: string, client: string): Promise<void> {
    const host = client.slice(0, client.lastIndexOf(':'));
    this.counts.set(host, (this.counts.get(host) ?? 0) + 1);
    return Promise.resolve();
  }
}
