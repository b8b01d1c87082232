import * as path from 'node:path';
import type { Duplex } from 'node:stream';
import { ORIGIN, type Role, type TraceRecord } from '../../src/trace/record';
import { Cage, isCommand } from '../kit/Cage';
import type { Deadline } from '../kit/Deadline';
import { KitError } from '../kit/KitError';
import { Subject } from '../kit/Subject';
import { LabProgram } from '../lab/LabProgram';
import { RecordFile } from '../watch/RecordFile';
import { nodeOptions, Watch, WAYS } from '../watch/Watch';
import { noSuchCommand } from '../lab/noSuchCommand';

/** Files of source, by their names. */
const SOURCE = /^(.+)\.(?:py|[cm]?[jt]s|java|go|rb|pl|php|sh|rs|kt|lua|jar)$/;
const INTERPRETER = /^(?:python|pypy|node|npx|java|ruby|perl|php|bash|sh|go|uv|py)[\d.]*$/;

/** One program of a run. */
export interface Side {
  readonly name: string;
  readonly isOurs: boolean;
  readonly isWatched: boolean;
  /** How it is watched, in words. */
  readonly way: string;
  /** The records of its calls so far. */
  records(): readonly TraceRecord[];
  /** Whether it makes more calls than can be drawn. */
  readonly isFull: boolean;
  /** How it ended, if that was an error. */
  readonly failure: string | undefined;
  readonly hasEnded: boolean;
  /** The end of its output. */
  readonly printed: string;
  stop(): Promise<void>;
}

/** Programs that were started end with this program. */
const running = new Set<LabProgram>();
process.once('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});

/** A program of ours. */
export class OurSide implements Side {
  readonly isOurs = true;
  readonly isWatched = true;
  readonly way = 'our own';
  readonly printed = '';
  readonly name: string;
  readonly #program: LabProgram;
  readonly #file: RecordFile;

  constructor(name: string, args: readonly string[], file: string, origin: bigint, gate?: string) {
    this.name = path.basename(name);
    this.#file = new RecordFile(file);
    const held = gate === undefined ? {} : heldAt(gate);
    const env = { ...process.env, [ORIGIN]: String(origin), ...held };
    this.#program = LabProgram.startOwn(name, [...args, '--trace-file', file], { env });
    this.#program.child.stdout?.resume();
    running.add(this.#program);
    void this.#program.closed.then(() => running.delete(this.#program));
  }

  records(): readonly TraceRecord[] {
    return this.#file.read();
  }

  get isFull(): boolean {
    return this.#file.isFull;
  }

  get hasEnded(): boolean {
    return this.#program.hasEnded;
  }

  get failure(): string | undefined {
    const { exitCode } = this.#program.child;
    return exitCode ? `ended with exit code ${exitCode}` : undefined; // it says why by itself
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}

/** While it waits at the gate it can't notice the end of this program, so it checks. */
function heldAt(gate: string): NodeJS.ProcessEnv {
  const parent = String(process.pid);
  return { LAB_WATCH_GATE: gate, LAB_WATCH_PARENT: parent, NODE_OPTIONS: nodeOptions() };
}

/** A program of the student's. */
export class OwnSide implements Side {
  readonly isOurs = false;
  /** As it was when it was stopped. */
  #hasEnded: boolean | undefined;
  readonly isWatched: boolean;
  readonly way: string;

  private constructor(
    private readonly subject: Subject,
    private readonly watch: Watch,
    readonly name: string,
    private readonly place: number,
  ) {
    this.isWatched = watch.way !== 'none';
    this.way = WAYS[watch.way];
  }

  /**
   * @param place which program of the run it is: process numbers of several may be the same.
   * @throws KitError when there is no such command.
   */
  static async start(
    command: readonly string[],
    terms: {
      readonly role: Role;
      readonly cwd: string;
      readonly file: string;
      readonly origin: bigint;
      readonly place: number;
      readonly gate?: string | undefined;
      readonly halt?: string | undefined;
      /** Called with everything that it prints. */
      readonly heard?: ((data: Buffer) => void) | undefined;
    },
    deadline: Deadline,
  ): Promise<OwnSide> {
    const program = nameOf(command);
    const watch = new Watch({ ...terms, command, program });
    const { cwd } = terms;
    const [first = ''] = command;
    // Or it is strace that would not find it.
    if (watch.way === 'strace' && !isCommand(first, cwd)) throw new KitError(noSuchCommand(first));
    const hasChannel = terms.halt !== undefined && watch.canHalt;
    const start = {
      ...{ command: watch.command, cwd, env: watch.env },
      ...{ cage: Cage.closed(), hasChannel, heard: terms.heard },
    };
    return new OwnSide(await Subject.start(start, deadline), watch, program, terms.place);
  }

  records(): TraceRecord[] {
    return this.watch.records().map((record) => {
      if (record.type !== 'call' && record.type !== 'crashed') return record;
      const pid = record.pid + this.place * 2 ** 32;
      if (record.type === 'crashed') return { ...record, pid };
      return { ...record, pid, id: `${this.place}:${record.id}` };
    });
  }

  /** Where it asks whether it may make its next call, if its calls can be held up. */
  get channel(): Duplex | undefined {
    return this.subject.channel;
  }

  get isFull(): boolean {
    return this.watch.isFull;
  }

  get hasEnded(): boolean {
    return this.#hasEnded ?? this.subject.how !== undefined;
  }

  get failure(): string | undefined {
    return this.hasEnded && this.subject.exitCode !== 0 ? this.subject.how : undefined;
  }

  get printed(): string {
    return this.subject.printed;
  }

  async stop(): Promise<void> {
    this.#hasEnded = this.subject.how !== undefined;
    await this.subject.kill();
  }
}

/** `echo-server` of `python3 echo-server.py 65432`. */
export function nameOf(command: readonly string[]): string {
  const names = command.map((word) => path.basename(word));
  const source = names.map((name) => SOURCE.exec(name)?.[1]).find((name) => name !== undefined);
  if (source !== undefined) return source;
  const [first = ''] = names;
  if (!INTERPRETER.test(first)) return first;
  return names.slice(1).find((word) => !word.startsWith('-') && word !== 'run') ?? first;
}
