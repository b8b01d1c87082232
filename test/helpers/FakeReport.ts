import { EventEmitter, once } from 'node:events';
import { ServerReport } from '../../src/socket/ServerReport';

/** A report that remembers the problems it has heard of. */
export class FakeReport extends ServerReport {
  readonly problems: unknown[] = [];
  readonly #news = new EventEmitter();

  override problem(error: unknown): void {
    this.problems.push(error);
    this.#news.emit('news');
  }

  /** Waits for the first problem. */
  async firstProblem(): Promise<unknown> {
    if (this.problems.length === 0) await once(this.#news, 'news');
    return this.problems[0];
  }
}
