import { parseTrace, type TraceRecord } from '../../src/trace/record';
import { readFrom } from './openFile';

const PIECE = 65_536;
/** At most this many are drawn: a program that loops makes a million in a minute. */
export const MOST_RECORDS = 20_000;
const MOST_BYTES = 16_000_000;
/** No record is longer. */
const MOST_LINE = 16_384;

/** Reads a trace while it is written. What is no record is left out: the program itself may have written it. */
export class RecordFile {
  readonly #records: TraceRecord[] = [];
  #at = 0;
  #rest = '';

  constructor(private readonly file: string) {}

  /** All until now. */
  read(): readonly TraceRecord[] {
    while (!this.isFull) {
      const piece = readFrom(this.file, this.#at, PIECE);
      if (piece.length === 0) break;
      this.#at += piece.length;
      this.#take(piece.toString('latin1')); // records are ASCII
    }
    return this.#records;
  }

  get isFull(): boolean {
    return this.#records.length >= MOST_RECORDS || this.#at >= MOST_BYTES;
  }

  #take(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, MOST_LINE);
    for (const line of lines) {
      try {
        this.#records.push(...parseTrace(line));
      } catch {
        // not ours
      }
    }
  }
}
