import type * as http from 'node:http';
import type { News, State } from '../page/browser/protocol';
import { highlighted } from '../page/html';
import type { Records } from './Records';

/** The programs' stderr: this much is kept for a slow page. */
const MOST_SAID = 1000;

/**
 * A page that listens. It gets records only as fast as it reads them, so a page that does not read costs no
 * memory. If its next record was already discarded, it starts again with the oldest one that is kept.
 */
export class Listener {
  #run: number;
  /** The number of the next record, counted from the first of this run. */
  #next: number;
  /** How many sources it has received. */
  #sources = 0;
  #hasNewState = true;
  #said = '';
  #wake: () => void = () => undefined;

  constructor(
    private readonly response: http.ServerResponse,
    private readonly records: Records,
    private readonly state: () => State,
  ) {
    this.#run = records.run;
    this.#next = records.dropped;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.flushHeaders();
    for (const change of ['drain', 'close'])
      response.on(change, () => {
        this.wake();
      });
  }

  /** There is something new. */
  wake(): void {
    this.#wake();
  }

  stateChanged(): void {
    this.#hasNewState = true;
    this.wake();
  }

  said(text: string): void {
    this.#said = `${this.#said}${text}`.slice(-MOST_SAID);
    this.wake();
  }

  end(): void {
    this.response.end();
  }

  /** Sends everything that there is and that comes, until the page is gone. */
  async tell(): Promise<void> {
    while (!this.response.closed && !this.response.writableEnded) {
      const news = this.response.writableNeedDrain ? undefined : this.#takeNews();
      if (news === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else this.response.write(news);
    }
  }

  #takeNews(): string | undefined {
    const { records } = this;
    if (this.#run !== records.run || this.#next < records.dropped) {
      this.#run = records.run;
      this.#next = records.dropped;
      this.#sources = 0;
      this.#hasNewState = true;
      return event('cleared', {});
    }
    if (this.#hasNewState) {
      this.#hasNewState = false;
      return event('state', this.state());
    }
    if (this.#said !== '') {
      const text = this.#said;
      this.#said = '';
      return event('said', { text });
    }
    const source = records.sources[this.#sources];
    if (source !== undefined) {
      this.#sources += 1;
      const { file, text } = source;
      return event('source', { file, lines: highlighted(text, file) });
    }
    const record = records.all[this.#next - records.dropped];
    if (record === undefined) return undefined;
    this.#next += 1;
    return event('record', record);
  }
}

function event<Name extends keyof News>(name: Name, news: News[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(news)}\n\n`;
}
