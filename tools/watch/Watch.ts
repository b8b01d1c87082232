import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { ORIGIN, type Role, type TraceRecord } from '../../src/trace/record';
import { ROOT } from '../lab/LabProgram';
import { readFrom } from './openFile';
import { RecordFile } from './RecordFile';
import { fromStrace } from './strace';
import { msSince } from '../../src/trace/monotonic';

/** How a program is watched: from inside by its language, from outside, or not at all. */
export type Way = 'python' | 'node' | 'strace' | 'none';

/** The way as text, for the head of a picture. */
export const WAYS: Readonly<Record<Way, string>> = {
  python: 'watched from inside Python',
  node: 'watched from inside Node',
  strace: 'watched by strace',
  none: 'not watched: only what reaches the other side is seen',
};

const PYTHON = /^(?:python|pypy)[\d.]*w?$|^py$/;
const NODE = /^(?:node|npx|npm|ts-node|tsx)$/;
/** The source of a program that uses our sockets contains one of these. */
const OURS = /\bsrc\/|\bSocket(?:Server|Client)\b|\brun(?:Server|Client)\b/;
const SHEBANG_BYTES = 200;
/** Of what strace writes. */
const MOST_BYTES = 8_000_000;
const TRY_MS = 5000;

/** What to watch. */
export interface Watched {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly role: Role;
  readonly program: string;
  /** Where its records go: this file, and a second one in the same folder. */
  readonly file: string;
  /** The beginning of the run, on the machine's monotonic clock, ns. */
  readonly origin: bigint;
  /** A client waits before its first connection until this file exists. */
  readonly gate?: string | undefined;
  /** If possible, it asks on CHANNEL before each call, or before its first call with that name. */
  readonly halt?: string | undefined;
}

/** The descriptor on which a program asks whether it may go on: a line goes out, a byte comes back. */
export const CHANNEL = 3;

/** The options that make Node load our watcher before a program. */
export function nodeOptions(): string {
  const { NODE_OPTIONS } = process.env;
  const preload = path.join(ROOT, 'tools/watch/node.cjs').replaceAll('\\', '\\\\');
  return [...(NODE_OPTIONS ? [NODE_OPTIONS] : []), `--require "${preload}"`].join(' ');
}

/** How a program is started so that its sockets can be seen. */
export class Watch {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly way: Way;
  readonly #begun: number;
  readonly #inside: RecordFile;
  #outside: { size: number; records: readonly TraceRecord[] } = { size: 0, records: [] };

  constructor(private readonly watched: Watched) {
    const { command, cwd, origin } = watched;
    this.way = wayFor(command, cwd);
    this.#inside = new RecordFile(watched.file);
    this.#begun = performance.timeOrigin + performance.now() - msSince(origin);
    this.command =
      this.way === 'strace' ? [...strace(command, cwd, this.#straceFile), ...command] : command;
    this.env = this.#environment();
  }

  /** The records so far. */
  records(): readonly TraceRecord[] {
    const inside = this.#inside.read();
    if (this.way !== 'strace' || inside.some(({ type }) => type === 'call')) return inside;
    const size = sizeOf(this.#straceFile);
    if (size === this.#outside.size) return this.#outside.records;
    const text = beginningOf(this.#straceFile, MOST_BYTES);
    this.#outside = { size, records: fromStrace(text, this.watched, this.#begun) };
    return this.#outside.records;
  }

  /** Whether it makes more calls than can be drawn. */
  get isFull(): boolean {
    return this.#inside.isFull || this.#outside.size > MOST_BYTES;
  }

  /** Whether its calls can be halted. */
  get canHalt(): boolean {
    return (this.way === 'python' || this.way === 'node') && process.platform !== 'win32';
  }

  get #straceFile(): string {
    return `${this.watched.file}.strace`;
  }

  /** Each language takes its own, also where the command only leads to it (`sh start.sh`). */
  #environment(): Record<string, string> {
    const { role, program, file, origin, gate, halt } = this.watched;
    const { PYTHONPATH } = process.env;
    const python = path.join(ROOT, 'tools/watch/python');
    return {
      LAB_WATCH: file,
      LAB_WATCH_ROLE: role,
      LAB_WATCH_PROGRAM: program,
      LAB_WATCH_STARTED: String(this.#begun),
      [ORIGIN]: String(origin),
      PYTHONPATH: [python, ...(PYTHONPATH ? [PYTHONPATH] : [])].join(path.delimiter),
      NODE_OPTIONS: nodeOptions(),
      ...(gate !== undefined && { LAB_WATCH_GATE: gate }),
      ...(halt !== undefined &&
        this.canHalt && { LAB_WATCH_HALT: halt, LAB_WATCH_CHANNEL: String(CHANNEL) }),
    };
  }
}

/** How a program can be watched on this system. */
export function wayFor(command: readonly string[], cwd: string): Way {
  const [first = ''] = command;
  const name = path.basename(first).replace(/\.(?:exe|cmd)$/i, '');
  if (PYTHON.test(name) || /^#!.*python/.test(beginningOf(fileOf(first, cwd)))) return 'python';
  if (NODE.test(name) && isOurs(command, cwd)) return 'node';
  return hasStrace() ? 'strace' : 'none';
}

function isOurs(command: readonly string[], cwd: string): boolean {
  return command.some((word) => {
    const file = path.resolve(cwd, word);
    return /\.[cm]?[jt]s$/.test(word) && existsSync(file) && OURS.test(readFileSync(file, 'utf8'));
  });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function beginningOf(file: string, bytes = SHEBANG_BYTES): string {
  return readFrom(file, 0, bytes).toString('latin1');
}

/** The program's own file, also behind a link; none of a command of the system's. */
function fileOf(command: string, cwd: string): string {
  try {
    return realpathSync(path.resolve(cwd, command));
  } catch {
    return '';
  }
}

let isThere: boolean | undefined;

/** Whether it may watch, too: some containers forbid that. */
function hasStrace(): boolean {
  isThere ??=
    process.platform === 'linux' &&
    spawnSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore', timeout: TRY_MS })
      .status === 0;
  return isThere;
}

/** With its own lines where the program was compiled with them (cc -g). */
function strace(command: readonly string[], cwd: string, file: string): string[] {
  const binary = beginningOf(fileOf(command[0] ?? '', cwd)).startsWith('\x7fELF');
  return [
    ...['strace', '-f', '-qq', '-I', '2', '-yy', '-xx', '-ttt', '-T', '-s', '256'],
    ...[
      '-e',
      'signal=none',
      '-e',
      'trace=network,read,write,readv,writev,close,clone,clone3,fork,vfork',
    ],
    ...(binary ? ['-k'] : []),
    ...['-o', file, '--'],
  ];
}
