import type { SpawnOptions } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import * as path from 'node:path';
import { codeOf } from '../../src/text/errno';
import { LabProgram, ROOT } from '../../tools/lab/LabProgram';

export { ROOT };

/** `npm test` runs what `npm run build` has compiled: that starts three times as fast as ts-node. */
const BUILD = __filename.endsWith('.js') ? 'build' : '';

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs as a child, in a process group of its own: what it prints, and how it ends. */
export class Program extends LabProgram {
  static readonly #running = new Set<Program>();

  stdout = '';
  stderr = '';
  readonly #news = new EventEmitter();
  #isClosed = false;

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    const usual: SpawnOptions = { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
    super([command, ...args], { ...usual, ...options });
    this.#news.setMaxListeners(0);
    this.child.stdout?.on('data', (data: Buffer) => {
      this.stdout += data.toString();
      this.#news.emit('news');
    });
    this.child.stderr?.on('data', (data: Buffer) => {
      this.stderr += data.toString();
      this.#news.emit('news');
    });
    void this.closed.then(() => {
      this.#isClosed = true;
      Program.#running.delete(this);
      this.#news.emit('news');
    });
    Program.#running.add(this);
  }

  /** One of the five programs: compiled if the tests are. */
  static lab(name: string, args: readonly string[] = [], options: SpawnOptions = {}): Program {
    return Program.script(`src/${name}`, args, options);
  }

  /** A program of the project, by its path without its ending: compiled if the tests are. */
  static script(name: string, args: readonly string[] = [], options: SpawnOptions = {}): Program {
    return new Program(process.execPath, [...nodeArguments(name), ...args], options);
  }

  /** One of the five programs, as a learner starts it. */
  static tsNode(name: string, args: readonly string[] = [], options: SpawnOptions = {}): Program {
    return new Program('npx', ['ts-node', path.join('src', `${name}.ts`), ...args], options);
  }

  /** Ends every program that a test has left running. */
  static async killAll(): Promise<void> {
    await Promise.all([...Program.#running].map((program) => program.kill('SIGKILL')));
  }

  /** Waits until the program has printed something like this, on stdout or stderr. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match) return match;
      if (this.#isClosed) {
        throw new Error(
          `ended without printing ${String(pattern)}:\n${this.stdout}\n${this.stderr}`,
        );
      }
      await once(this.#news, 'news');
    }
  }

  /** Waits for the banner of a server and gives the port. */
  listening(): Promise<number> {
    return this.port().catch(() => {
      throw new Error(`ended without a banner:\n${this.stdout}\n${this.stderr}`);
    });
  }

  async ended(): Promise<Outcome> {
    await this.closed;
    const { exitCode: code, signalCode: signal } = this.child;
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }

  /** Sends a signal to the program, and to what it has started, and waits for its end. */
  kill(signal: NodeJS.Signals): Promise<Outcome> {
    if (this.child.pid !== undefined && !this.#isClosed) signalGroup(this.child.pid, signal);
    return this.ended();
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error; // it has just ended, and that is not told yet
  }
}

/** Runs one of the five programs to its end. */
export function runLab(name: string, args: readonly string[] = [], options: SpawnOptions = {}) {
  return Program.lab(name, args, options).ended();
}

/** What follows `node` to run a program of the project. */
export function nodeArguments(name: string): string[] {
  if (BUILD) return ['--enable-source-maps', path.join(BUILD, `${name}.js`)];
  return ['-r', 'ts-node/register', `${name}.ts`];
}

/** The environment of a program into which a script of test/helpers is loaded first. */
export function preloading(script: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const file = path.join(ROOT, 'test/helpers', script);
  return { ...process.env, ...more, NODE_OPTIONS: `--require ${JSON.stringify(file)}` };
}
