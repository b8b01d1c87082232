import spawn from 'cross-spawn';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import * as path from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { linkIfThere, readIfThere, threadsOf } from '../lab/procfs';
import { type Cage, isCommand } from './Cage';
import type { Deadline } from './Deadline';
import { KitError } from './KitError';
import { noSuchCommand } from '../lab/noSuchCommand';

/** How many bytes of a program's output are kept: the last ones. */
const TAIL_BYTES = 8192;
/** After SIGTERM a program has this many ms to end by itself. */
const GRACE_MS = 2000;
const POLL_MS = 20;
const MOST_NAMED = 5;
const LAST_WORDS_MS = 200;
/**
 * Set in the environment of everything that a program starts, so that processes outside its group are found,
 * too.
 */
const MARK = 'LAB_KIT_SUBJECT';

/** The number of the system call read() on x86-64 or ARM, and descriptor 0. */
const READS_STDIN = /^(?:0|63) 0x0 /;

const isWindows = process.platform === 'win32';
/** Makes Python print immediately, and as UTF-8 even into a pipe (on Windows it would not). */
const PYTHON = { PYTHONUNBUFFERED: '1', PYTHONIOENCODING: 'utf-8' };

/** How to start a program. */
export interface Start {
  readonly command: readonly string[];
  /** The folder to start it in. */
  readonly cwd: string;
  /** What to type for it; its standard input stays open after that. */
  readonly stdin?: string | undefined;
  /** Its limits. */
  readonly cage: Cage;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Whether it has a descriptor 3, for messages between it and the kit. */
  readonly hasChannel?: boolean | undefined;
  /** Called with everything that it prints. */
  readonly heard?: ((data: Buffer) => void) | undefined;
}

/** The student's program. Starts it, watches it, and ends it in every case. */
export class Subject {
  readonly #child: ChildProcess;
  readonly #mark = `${MARK}=${randomUUID()}`;
  readonly #exited: Promise<void>;
  #tail: Buffer = Buffer.alloc(0);
  #how: string | undefined;
  #code: number | null | undefined;

  private constructor(
    { command, cwd, stdin, cage, env, heard, hasChannel }: Start,
    private readonly deadline: Deadline,
  ) {
    const [file = '', ...args] = [...cage.prefix, ...command];
    const [name = '', value = ''] = this.#mark.split('=');
    this.#child = spawn(file, args, {
      cwd,
      env: { ...process.env, [name]: value, ...PYTHON, ...env },
      stdio: ['pipe', 'pipe', 'pipe', ...(hasChannel ? (['pipe'] as const) : [])],
      detached: !isWindows, // in a process group of its own; on Windows that would be a window
      windowsHide: true,
    });
    this.#child.stdin?.on('error', () => undefined); // it does not read, or has gone
    this.channel?.on('error', () => undefined);
    if (stdin !== undefined) this.#child.stdin?.write(stdin.endsWith('\n') ? stdin : `${stdin}\n`);
    this.#exited = new Promise((resolve) => {
      const closed = new Promise<void>((close) => {
        this.#child.once('close', close);
      });
      this.#child.once('exit', (code, itsSignal) => {
        const signal = itsSignal ?? signalOf(code, cage);
        this.#code = signal ? null : code;
        this.#how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
        // The end of its output may still be on its way, unless a process that it has started holds the pipe.
        resolve(Promise.race([closed, setTimeout(LAST_WORDS_MS, undefined, { ref: false })]));
      });
      this.#child.once('error', () => {
        resolve();
      });
    });
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output?.on('data', (data: Buffer) => {
        this.#tail = tailOf(this.#tail, data);
        heard?.(data);
      });
    }
  }

  /** @throws KitError when there is no such command, or no such folder. */
  static async start(start: Start, deadline: Deadline): Promise<Subject> {
    const [command = ''] = start.command;
    // In a cage, the cage's command would fail instead.
    if (start.cage.prefix.length > 0 && !isCommand(command, start.cwd))
      throw new KitError(notStarted(start, noSuchCommand(command)));
    const subject = new Subject(start, deadline);
    await new Promise<void>((resolve, reject) => {
      subject.#child.once('spawn', resolve);
      subject.#child.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? noSuchCommand(command) : error.message;
        reject(new KitError(notStarted(start, why)));
      });
    });
    return subject;
  }

  /** Its descriptor 3, for both directions. */
  get channel(): Duplex | undefined {
    return (this.#child.stdio[3] ?? undefined) as Duplex | undefined;
  }

  /** It, and all that it has started. */
  get pids(): number[] {
    return [...new Set([this.#child.pid ?? 0, ...marked(this.#mark)])];
  }

  /** Whether it waits in a read() of standard input now (Linux only). */
  get isReadingStdin(): boolean {
    return this.pids.flatMap((pid) => threadsOf(pid)).some((thread) => this.#waitsAtStdin(thread));
  }

  /** Whether it does nothing else: a process of it with only one thread waits there. */
  get isOnlyReadingStdin(): boolean {
    return this.pids.some((pid) => {
      const threads = threadsOf(pid);
      return threads.length === 1 && threads.every((thread) => this.#waitsAtStdin(thread));
    });
  }

  /** A shell that serves one connection has that as its standard input. */
  #waitsAtStdin(thread: string): boolean {
    if (!READS_STDIN.test(readIfThere(path.join(thread, 'syscall')))) return false;
    return linkIfThere(`${thread}/fd/0`) === linkIfThere(`/proc/${this.#child.pid}/fd/0`);
  }

  /** How it ended, in words; undefined while it runs. */
  get how(): string | undefined {
    return this.#how;
  }

  /** Undefined while it runs, null after a signal. */
  get exitCode(): number | null | undefined {
    return this.#code;
  }

  /** The end of what it has printed, on stdout and stderr. */
  get printed(): string {
    return this.#tail.toString().replaceAll('\r\n', '\n');
  }

  /** Waits until it has ended, at most this many milliseconds; returns whether it has. */
  async endedWithin(ms: number): Promise<boolean> {
    await Promise.race([this.#exited, setTimeout(ms, undefined, { ref: false })]);
    return this.#how !== undefined;
  }

  /** The same, but never beyond the end of the run. */
  endedInTime(ms: number): Promise<boolean> {
    return this.endedWithin(this.deadline.limit(ms));
  }

  /**
   * Ends it like a user would, then by force (soon, if the time is up), with everything that it has started.
   * @param isOver when it need not be waited for any longer. Default: when it has ended.
   */
  async end(isOver: Promise<unknown> = this.#exited): Promise<void> {
    this.#signal('SIGTERM');
    await Promise.race([isOver, this.endedWithin(Math.min(GRACE_MS, this.deadline.left))]);
    await this.kill();
  }

  /**
   * Ends it, and everything that it has started, immediately (kill -9). @throws KitError when a process still
   * goes on.
   */
  async kill(): Promise<void> {
    this.killNow();
    await this.endedWithin(GRACE_MS);
    // A process that still holds the other ends of these must not keep the kit running.
    for (const pipe of this.#child.stdio) pipe?.destroy();
    const begun = performance.now();
    for (let left = marked(this.#mark); left.length > 0; left = marked(this.#mark)) {
      if (performance.now() - begun > GRACE_MS)
        throw new KitError(
          `your program has left processes that can't be ended: ${left.slice(0, MOST_NAMED).join(', ')}`,
        );
      for (const pid of left) tryKill(pid, 'SIGKILL');
      await setTimeout(POLL_MS);
    }
  }

  /** The same, without waiting until they have ended. */
  killNow(): void {
    this.#signal('SIGKILL');
    for (const pid of marked(this.#mark)) tryKill(pid, 'SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const hasGone = isWindows ? this.#how !== undefined || killTree(pid) : tryKill(-pid, signal);
    if (!hasGone) this.#child.kill(signal);
  }
}

function notStarted({ cwd }: Start, why: string): string {
  return `your program could not be started in ${cwd}: ${why}`;
}

/** A shell reports the signal of its program as 128 plus the number. */
function signalOf(code: number | null, { prefix }: Cage): string | undefined {
  if (prefix.length === 0 || code === null || code <= 128) return undefined;
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
}

function tailOf(before: Buffer, more: Buffer): Buffer {
  return Buffer.concat([before, more.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
}

/** Windows has no signals and no groups: taskkill ends a process with everything that it has started. */
function killTree(pid: number): boolean {
  const command = ['/PID', String(pid), '/T', '/F'];
  return spawnSync('taskkill', command, { stdio: 'ignore', windowsHide: true }).status === 0;
}

function tryKill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has ended, or this system has no groups
  }
}

/** The processes that have this mark in their environment; Linux only. */
function marked(mark: string): number[] {
  return processes().filter((pid) => readIfThere(`/proc/${pid}/environ`).includes(mark));
}

/** All processes of this machine that /proc tells of. */
function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}
