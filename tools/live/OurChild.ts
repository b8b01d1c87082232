import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex, Writable } from 'node:stream';
import {
  type CallRecord,
  ORIGIN,
  type Role,
  type TraceRecord,
  VERSION,
} from '../../src/trace/record';
import { commandOf, LabProgram } from '../lab/LabProgram';
import { listeningAddress } from '../trace/runLab';
import { Child } from './Child';
import { forThePage } from './forThePage';

/** A server has this many ms to stop: the user who pressed the button waits. */
const GRACE_MS = 800;

/** What `preload` says before it waits. */
interface Halting extends Pick<CallRecord, 'call' | 'at' | 'lab'> {
  readonly type: 'halted';
}

/** A program of the lab: it reports its calls on one descriptor, and waits for permission on another. */
export class OurChild extends Child {
  readonly canHalt = true;
  readonly started: Promise<unknown>;
  readonly address: Promise<string | undefined>;
  readonly #program: LabProgram;

  /**
   * @param file its path in the project.
   * @param halt before which of its calls it is halted: `all`, or the first of one name.
   * @param now gives the ms since the run began.
   */
  constructor(
    role: Role,
    file: string,
    args: readonly string[],
    origin: bigint,
    halt: string,
    private readonly now: () => number,
  ) {
    super(role, path.basename(file));
    this.#program = new LabProgram([...commandOf(file, 'tools/live/preload'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        [ORIGIN]: String(origin),
        LAB_LIVE_ROLE: role,
        LAB_LIVE_PROGRAM: this.name,
        LAB_LIVE_HALT: halt,
      },
    });
    this.started = this.#program.spawned;
    this.address = this.#listens();
    this.#listen();
  }

  get hasEnded(): boolean {
    return this.#program.hasEnded;
  }

  goOn(): void {
    (this.#program.child.stdio[4] as Writable).write('.');
  }

  kill(): void {
    const { child } = this.#program;
    child.kill('SIGKILL');
    const { pid = 0 } = child;
    // When its own records have all come.
    child.once('close', () => {
      this.emit('record', { v: VERSION, type: 'killed', t: this.now(), pid, signal: 'SIGKILL' });
    });
  }

  async stop(): Promise<void> {
    const force = setTimeout(() => this.#program.child.kill('SIGKILL'), GRACE_MS);
    await this.#program.stop(this.halted > 0 ? 'SIGKILL' : 'SIGTERM');
    clearTimeout(force);
  }

  /** Not every program prints where it listens, but its records show it. */
  #listens(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.on('record', (record) => {
        const address = listeningAddress([record]);
        if (address !== undefined) resolve(address);
      });
      void this.#program.closed.then(() => {
        resolve(undefined);
      });
    });
  }

  #listen(): void {
    const { child } = this.#program;
    child.once('error', () => undefined); // `started` says it
    child.once('spawn', () => {
      createInterface({ input: child.stdio[3] as Duplex }).on('line', (line) => {
        const said = JSON.parse(line) as TraceRecord | Halting;
        if (said.type === 'halted')
          this.emit('halts', { call: said.call, line: said.lab ?? said.at });
        else this.emit('record', said);
      });
      child.stdio[4]?.on('error', () => undefined); // it is gone
      child.stderr?.on('data', (data: Buffer) => this.emit('said', forThePage(String(data))));
    });
    child.once('exit', () => this.emit('ended'));
  }
}
