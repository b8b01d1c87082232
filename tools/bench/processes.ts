import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { LabProgram, ROOT } from '../lab/LabProgram';
import { readIfThere, threadsOf, withChildren } from '../lab/procfs';
import type { Order, Seen } from './load';

const CAN_PIN = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

/** Server and load on one core each, where the system allows that. */
function pinned(core: number, command: readonly string[]): readonly string[] {
  return CAN_PIN ? ['taskset', '-c', String(core), ...command] : command;
}

/** A server in its own process, on the first core unless it may use all. */
export class ServerProcess {
  private constructor(
    private readonly program: LabProgram,
    readonly port: number,
  ) {}

  static async start(
    command: readonly string[],
    cores: 'first' | 'all' = 'first',
  ): Promise<ServerProcess> {
    const program = new LabProgram(cores === 'all' ? command : pinned(0, command), {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return new ServerProcess(program, await program.port());
  }

  /** The CPU time (µs) used so far by all threads of it and its workers; unknown without /proc. */
  cpu(): number {
    if (!existsSync('/proc/self/task')) return NaN;
    return withChildren(this.#pid)
      .flatMap((pid) => threadsOf(pid))
      .reduce((sum, thread) => sum + cpuOf(path.join(thread, 'schedstat')), 0);
  }

  /** The memory (MiB) it holds. */
  memory(): number {
    const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(this.#pid)]);
    return Number(stdout.toString()) / 1024;
  }

  async stop(): Promise<void> {
    for (const pid of withChildren(this.#pid)) process.kill(pid, 'SIGKILL');
    await this.program.closed;
  }

  get #pid(): number {
    return this.program.child.pid ?? 0;
  }
}

/** The CPU time (µs) of one thread; none if it has just ended. */
function cpuOf(schedstat: string): number {
  return Number(readIfThere(schedstat).split(' ')[0]) / 1000;
}

export interface Measured extends Seen {
  /** µs of the server's CPU time in the measured part. */
  readonly cpu: number;
}

/** The load in its own process, on the second core. */
export class LoadProcess {
  readonly #child: ChildProcess;

  constructor() {
    const [execPath = '', ...execArgv] = pinned(1, [process.execPath]);
    this.#child = fork(path.join(__dirname, 'load.js'), { execPath, execArgv });
  }

  /** Carries out an order, and reads the server's CPU time when the measured part begins and ends. */
  run(server: ServerProcess, order: Partial<Order> & Pick<Order, 'kind'>): Promise<Measured> {
    const whole: Order = {
      port: server.port,
      connections: 1,
      duration: 0,
      isEcho: false,
      inFlight: 1,
      sleeps: false,
      size: 0,
      ...order,
    };
    return new Promise((resolve, reject) => {
      let begin = NaN;
      let end = NaN;
      const onMessage = (message: { event?: string; error?: string; seen?: Seen }) => {
        if (message.event !== undefined) {
          if (message.event === 'begin') begin = server.cpu();
          else end = server.cpu();
          this.#child.send('read');
        } else {
          this.#child.off('message', onMessage);
          if (message.error !== undefined) reject(new Error(message.error));
          else
            resolve({ count: 0, p50: NaN, p99: NaN, took: NaN, ...message.seen, cpu: end - begin });
        }
      };
      this.#child.on('message', onMessage);
      this.#child.send(whole);
    });
  }

  stop(): void {
    this.#child.kill();
  }
}
