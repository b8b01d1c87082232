import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as path from 'node:path';

const BUILT = __filename.endsWith('.js');
/** The project's own folder. */
export const ROOT = path.join(__dirname, BUILT ? '../../..' : '../..');
/** A clone runs its sources, which a student changes; the package has them compiled, and no compiler. */
export const IS_CLONE = existsSync(path.join(ROOT, 'tsconfig.json'));
/** The first line of each server. */
const BANNER = /(?:^|\n)(?:\S+ )?(?:listening|receiving) on (\S+):(\d+)\r?\n/;

/** A banner that comes in two pieces has no more than this in the first. */
const LONGEST_BANNER = 1024;

/** Where a server says that it can be reached. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A program that ended too early. */
export class ProgramEnded extends Error {
  override readonly name = 'ProgramEnded';
}

/** A program of the lab as a child process: where it listens, and its end. */
export class LabProgram {
  readonly child: ChildProcess;
  /** Rejects when the system could not start it: no room (`EAGAIN`, `EMFILE`), or no such file. */
  readonly spawned: Promise<unknown>;
  /** Resolves when it has ended and all that it printed has come; also if it could not be started. */
  readonly closed: Promise<void>;
  readonly #address: Promise<ServerAddress>;

  /** @param command what to run, and its arguments. */
  constructor([file = '', ...args]: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
    const { stdout } = this.child;
    this.spawned = once(this.child, 'spawn');
    this.spawned.catch(() => undefined); // often unused
    this.closed = new Promise((resolve) => {
      this.child.once('close', resolve);
      this.child.once('error', () => {
        if (this.child.pid === undefined) resolve();
      });
    });
    this.#address = new Promise((resolve, reject) => {
      let printed = '';
      const look = (data: Buffer) => {
        printed += String(data);
        const [, host = '', port] = BANNER.exec(printed) ?? [];
        printed = printed.slice(-LONGEST_BANNER); // a client may print megabytes
        if (port === undefined) return;
        stdout?.off('data', look).resume();
        resolve({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) });
      };
      stdout?.on('data', look);
      this.child.once('error', reject);
      this.child.once('close', () => {
        reject(new ProgramEnded('the server did not start'));
      });
    });
    this.#address.catch(() => undefined); // often unused: not every program is a server
  }

  /** Starts a program of src/ by its name: `EchoServer`, `udp/UdpEchoServer`. */
  static start(name: string, args: readonly string[], options: SpawnOptions = {}): LabProgram {
    return new LabProgram([...commandOf(`src/${name}`), ...args], options);
  }

  /** A program by its path in the project; it ends with this process, also when that is killed. */
  static startOwn(file: string, args: readonly string[], options: SpawnOptions = {}): LabProgram {
    const command = [...commandOf(file, 'tools/lab/endWithParent'), ...args];
    return new LabProgram(command, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], ...options });
  }

  /**
   * Where this server listens, once it does.
   * @throws ProgramEnded when it ends before, and Error when it could not be started.
   */
  address(): Promise<ServerAddress> {
    return this.#address;
  }

  /** The port of that address. */
  async port(): Promise<number> {
    return (await this.#address).port;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Sends a signal, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.hasEnded) this.child.kill(signal);
    await this.closed;
  }
}

/** How a program of the project is started, by its path; `before` is loaded before it. */
export function commandOf(name: string, before?: string): string[] {
  const fileOf = (each: string) => path.join(__dirname, `../../${each}.${BUILT ? 'js' : 'ts'}`);
  const options = BUILT ? ['--enable-source-maps'] : ['-r', path.join(ROOT, 'bin/typescript.js')];
  const preload = before === undefined ? [] : ['-r', fileOf(before)];
  return [process.execPath, ...options, ...preload, fileOf(name)];
}
