import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { type Role, type SourceLine, type TraceRecord, VERSION } from '../../src/trace/record';
import { Deadline } from '../kit/Deadline';
import { listeningAddress } from '../trace/runLab';
import { nameOf, OwnSide } from '../trace/sides';
import { Child, type Halt } from './Child';

/** Milliseconds between two looks at its records. */
const POLL_MS = 20;
/** The whole output of strace is read each time: the pause is this many times longer than the reading. */
const PAUSES = 5;
/** A page may be open for days. */
const NO_END = new Deadline(Infinity);

/** The longest name of a call, in characters. */
const MOST_CALL = 20;

/** How a program of the student's is started. */
export interface Start {
  readonly role: Role;
  readonly command: readonly string[];
  readonly cwd: string;
  /** Where its records go. */
  readonly file: string;
  readonly origin: bigint;
  /** Its number in the run. */
  readonly place: number;
  /** Before which of its calls it is halted, where it can: `all`, or the first of one name. */
  readonly halt: string | undefined;
}

/** A program of the student's; its records are read again and again. */
export class OwnChild extends Child {
  readonly started: Promise<OwnSide>;
  readonly address: Promise<string | undefined>;
  #side: OwnSide | undefined;
  #isOver = false;
  readonly #told = new Set<string>();
  #count = 0;
  /** It did not run before it was made. */
  #lookedAt: number;

  constructor(
    private readonly start: Start,
    /** Where a server listens that is not watched. */
    usual: string,
    private readonly now: () => number,
  ) {
    super(start.role, nameOf(start.command));
    this.#lookedAt = now();
    const heard = (data: Buffer) => this.emit('said', String(data));
    const side = OwnSide.start(start.command, { ...start, heard }, NO_END);
    this.started = side;
    this.address = side
      .then((begun) => (begun.isWatched ? this.#listens(begun) : usual))
      .catch(() => undefined);
    side.then(
      (begun) => this.#look(begun),
      () => (this.#isOver = true),
    );
  }

  get hasEnded(): boolean {
    return this.#isOver;
  }

  get canHalt(): boolean {
    return this.#side?.channel !== undefined;
  }

  /** How it is watched, in words. */
  get way(): string {
    if (!this.#side) return '';
    const { way } = this.#side;
    const isFree = this.start.halt !== undefined && !this.canHalt;
    return `${this.name}: ${way}${isFree ? ", and can't be halted" : ''}`;
  }

  override get recordedUntil(): number {
    return this.#isOver ? Infinity : this.#lookedAt;
  }

  goOn(): void {
    this.#side?.channel?.write('.');
  }

  kill(): void {
    void this.stop().then(() => {
      const signal = 'SIGKILL';
      this.emit('record', {
        v: VERSION,
        type: 'killed',
        t: this.now(),
        pid: this.pid ?? 0,
        signal,
      });
    });
  }

  async stop(): Promise<void> {
    const side = await this.started.catch(() => undefined);
    await side?.stop();
    this.#isOver = true;
  }

  async #listens(side: OwnSide): Promise<string | undefined> {
    for (;;) {
      const address = listeningAddress(side.records());
      if (address !== undefined || side.hasEnded) return address;
      await setTimeout(POLL_MS);
    }
  }

  async #look(side: OwnSide): Promise<void> {
    this.#side = side;
    if (side.channel)
      createInterface({ input: side.channel }).on('line', (asked) =>
        this.emit('halts', haltOf(asked)),
      );
    while (!side.hasEnded && !this.#isOver) {
      const begun = performance.now();
      const lookedAt = this.now();
      this.#tell(side.records());
      this.#lookedAt = lookedAt;
      await setTimeout(POLL_MS + PAUSES * (performance.now() - begun));
    }
    this.#tell(side.records()); // the last that it has made
    if (side.failure !== undefined) this.emit('said', `${side.name} ${side.failure}.\n`);
    if (side.isFull) this.emit('said', `${side.name} makes more calls than can be drawn.\n`);
    this.#isOver = true;
    this.emit('ended');
  }

  #tell(records: readonly TraceRecord[]): void {
    if (records.length === this.#count) return;
    this.#count = records.length;
    for (const record of records) {
      const key = record.type === 'call' ? `${record.id} ${record.phase}` : JSON.stringify(record);
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      this.emit('record', record);
    }
  }
}

/** A program's request; it may be anything, because the program can write there, too. */
function haltOf(asked: string): Halt {
  try {
    const { call, at, lab } = JSON.parse(asked) as Partial<Record<string, unknown>>;
    return { call: String(call).slice(0, MOST_CALL), line: lineOf(lab) ?? lineOf(at) };
  } catch {
    return { call: '', line: undefined };
  }
}

function lineOf(value: unknown): SourceLine | undefined {
  const { file, line } = { ...(value as Partial<SourceLine> | undefined) };
  if (typeof file !== 'string' || typeof line !== 'number') return undefined;
  return { file, line, col: 1, fn: '' };
}
