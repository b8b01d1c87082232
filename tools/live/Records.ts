import { EventEmitter } from 'node:events';
import { byTime, type SourceRecord, type TraceRecord } from '../../src/trace/record';

/** Records of different processes are sorted by time before they go out; for this many ms they wait. */
const SETTLE_MS = 30;
/** Older ones are dropped, and counted. */
const MOST_RECORDS = 20_000;

/** The records of a run, in order of time; only the newest ones if there are very many. */
export class Records extends EventEmitter<{ added: []; dropped: [] }> {
  readonly all: TraceRecord[] = [];
  /** How many of this run were discarded. */
  dropped = 0;
  /** The student's own sources that these name: they are kept as long as the run. */
  readonly sources: SourceRecord[] = [];
  /** Which run these are of. */
  run = 0;
  #settling: TraceRecord[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param completeUntil the time up to which the records of all programs have come, ms of the run. */
  constructor(private readonly completeUntil: () => number = () => Infinity) {
    super();
  }

  add(record: TraceRecord): void {
    this.#settling.push(record);
    this.#settleSoon();
  }

  /** Sends out immediately what has been added. */
  settle(): void {
    this.#letOut(Infinity);
  }

  #settleSoon(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#letOut(this.completeUntil());
      if (this.#settling.length > 0) this.#settleSoon();
    }, SETTLE_MS);
  }

  #letOut(until: number): void {
    const sorted = this.#settling.sort(byTime);
    const first = sorted.findIndex((record) => 't' in record && record.t > until);
    const settled = sorted.splice(0, first === -1 ? sorted.length : first);
    if (settled.length === 0) return;
    for (const record of settled) this.all.push(record);
    this.emit('added');
    const tooMany = this.all.length - MOST_RECORDS;
    if (tooMany <= 0) return;
    this.all.splice(0, tooMany);
    this.dropped += tooMany;
    this.emit('dropped');
  }

  clear(): void {
    this.#settling = [];
    this.all.length = 0;
    this.sources.length = 0;
    this.dropped = 0;
    this.run += 1;
  }
}
