import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { parseTrace, type TraceRecord } from '../../src/trace/record';

const PIECE = 65_536;
/** More are not drawn: a program that goes round and round makes a million in a minute. */
export const MOST_RECORDS = 20_000;

/** Reads a trace while it is written. What is no record is left out: the program itself may have written it. */
export class RecordFile {
  readonly #records: TraceRecord[] = [];
  #at = 0;
  #rest = '';

  constructor(private readonly file: string) {}

  /** All until now. */
  read(): readonly TraceRecord[] {
    if (!existsSync(this.file) || this.isFull) return this.#records;
    const descriptor = openSync(this.file, 'r');
    const piece = Buffer.alloc(PIECE);
    try {
      for (;;) {
        const length = readSync(descriptor, piece, 0, PIECE, this.#at);
        if (length === 0) return this.#records;
        this.#at += length;
        this.#take(piece.toString('latin1', 0, length)); // records are ASCII
      }
    } finally {
      closeSync(descriptor);
    }
  }

  get isFull(): boolean {
    return this.#records.length >= MOST_RECORDS;
  }

  #take(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      try {
        this.#records.push(...parseTrace(line));
      } catch {
        // not ours
      }
    }
  }
}
