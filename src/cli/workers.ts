/** `--workers N`: several processes that share a port. Loaded only when they are asked for. */
import cluster, { type Worker } from 'node:cluster';
import { Worker as Thread } from 'node:worker_threads';
import { type Address, formatAddress } from '../socket/Address';
import { ListeningSocket } from '../socket/ListeningSocket';
import { say } from './complain';
import { howToStop, startOrComplain } from './launch';
import { out } from './Output';
import type { ServerOptions, StartServer } from './serverOptions';
import { end, stopOnSignals } from './signals';

/** A worker that ran for at least this long did not fail at start. */
const AT_START_MS = 1000;
/** After this many in a row that did, no more is started. */
const MOST_AT_START = 5;
/** Before the next is started, when the last one failed at start; twice as long after each. */
const PAUSE_MS = 100;
/** A worker that is busy or halted can't stop by itself: after this long it is killed. */
const STOP_MS = 6000;
/** How often a worker looks whether its primary is still there. */
const LOOK_MS = 500;

/** The environment variables that tell a worker its port, and its part of --max-connections. */
const PORT = 'LAB_WORKER_PORT';
const CONNECTIONS = 'LAB_WORKER_CONNECTIONS';

/** What a worker is told later. */
const STOP = 'stop';

/** One of the workers. */
interface Member {
  readonly worker: Worker;
  /** How many connections it may have open; one that takes its place has the same part. */
  readonly part: number;
  /** How many had failed at start when it was started. */
  readonly failedBefore: number;
  /** ms, when it began to serve. */
  since?: number;
}

/** A worker that serves. */
interface Serving {
  readonly pid: number | undefined;
  readonly address: Address;
}

/** Runs this process as the one that starts the workers, or as one of them. */
export async function runWorkers(
  name: string,
  options: ServerOptions,
  start: StartServer,
): Promise<void> {
  if (cluster.isPrimary) await new Workers(name, options).run();
  else await work(name, options, start);
}

/** Serves until it is told to stop; Ctrl-C tells each process, and so does the primary. */
async function work(name: string, options: ServerOptions, start: StartServer): Promise<void> {
  endWithPrimary();
  const isToStop = new Promise<void>((resolve) => {
    process.on('message', resolve);
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, resolve);
  });
  const port = Number(process.env[PORT]);
  const maxConnections = Number(process.env[CONNECTIONS]);
  const started = await startOrComplain({ name, log: options.log }, {}, () =>
    start({ ...options, port, maxConnections }),
  );
  if (!started) {
    cluster.worker?.disconnect(); // ends with the exit code that says so
    return;
  }
  process.send?.(started.address, undefined, {}, () => undefined); // the primary may be gone
  await isToStop;
  await started.server.stop();
  end(process.exitCode);
}

/**
 * Ends this process when the primary is gone. Node does so by itself, but not while an answer keeps it
 * busy: so a thread looks.
 */
function endWithPrimary(): void {
  const look = `
    const { workerData } = require('node:worker_threads');
    setInterval(() => {
      if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
    }, ${LOOK_MS});`;
  new Thread(look, { eval: true, execArgv: [], workerData: process.ppid }).unref();
}

/** Starts the workers, replaces those that die, and stops them all. */
class Workers {
  readonly #members = new Map<number, Member>();
  #port: number;
  #address: Address | undefined;
  #isStopping = false;
  #failedAtStart = 0;
  #whenAllGone: () => void = () => undefined;

  constructor(
    private readonly name: string,
    private readonly options: ServerOptions,
  ) {
    this.#port = options.port;
    // Each takes its clients from the system itself: dealt out by the primary, as is the default,
    // those that still wait when the server is stopped would be cut.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }

  async run(): Promise<void> {
    cluster.on('exit', (worker, code, signal) => {
      this.#hasDied(worker, signal || `exit code ${code}`);
    });
    stopOnSignals(this.name, this);
    const [firstPart = 1, ...otherParts] = this.#parts();
    // What keeps it from finding one is said by the first worker.
    this.#port ||= await freePort(this.options.host).catch(() => 0);
    // What keeps one from starting keeps all, and is said once.
    const first = await this.#start(firstPart);
    if (!first) {
      if (!this.#isStopping) process.exitCode = 1;
      return;
    }
    this.#address = first.address;
    await Promise.all(otherParts.map((part) => this.#start(part)));
    if (this.#isStopping) return;
    const pids = [...this.#members.values()].map(({ worker }) => worker.process.pid);
    out.write(
      `${this.name} listening on ${formatAddress(first.address)}\n${howToStop()}\nIts workers: ${pids.join(', ')}\n`,
    );
  }

  /** How many connections each worker may have open: together as many as are allowed. */
  #parts(): number[] {
    const { workers, maxConnections } = this.options;
    const parts = partsOf(maxConnections, workers);
    if (parts.length < workers)
      say(
        `${this.name}: ${parts.length} of ${workers} workers, since --max-connections is ${maxConnections}`,
      );
    return parts;
  }

  /** Resolves when all have answered what they had begun. */
  stop(): Promise<void> {
    this.#isStopping = true;
    setTimeout(() => {
      this.kill();
    }, STOP_MS).unref();
    return new Promise((resolve) => {
      this.#whenAllGone = resolve;
      for (const { worker } of this.#members.values()) if (worker.isConnected()) worker.send(STOP);
      if (this.#members.size === 0) resolve();
    });
  }

  /** Ends all workers immediately (kill -9), also those that are busy or halted. */
  kill(): void {
    for (const { worker } of this.#members.values()) worker.process.kill('SIGKILL');
  }

  /** Resolves with a new worker, or with nothing if it ends before it serves. */
  #start(part: number): Promise<Serving | undefined> {
    const worker = cluster.fork({ [PORT]: String(this.#port), [CONNECTIONS]: String(part) });
    const member: Member = { worker, part, failedBefore: this.#failedAtStart };
    this.#members.set(worker.id, member);
    // It could not be started; or it is gone, and could not be told something.
    worker.on('error', (error) => {
      if (worker.process.pid === undefined) this.#hasDied(worker, error.message);
    });
    return new Promise((resolve) => {
      for (const end of ['exit', 'error'])
        worker.once(end, () => {
          resolve(undefined);
        });
      worker.once('message', (address: Address) => {
        member.since = performance.now();
        if (this.#isStopping) worker.send(STOP); // it could not hear that before
        resolve({ pid: worker.process.pid, address });
      });
    });
  }

  async #replace(part: number): Promise<void> {
    const started = await this.#start(part);
    // Otherwise it has ended, and that is said.
    if (started) say(`${this.name}: worker ${started.pid} has taken its place`);
  }

  #hasDied(worker: Worker, how: string): void {
    const member = this.#members.get(worker.id);
    if (!member) return; // said already
    this.#members.delete(worker.id);
    const died = `${this.name}: worker ${worker.process.pid} has ended (${how})`;
    if (this.#isStopping) {
      if (member.since !== undefined && worker.process.exitCode !== 0) process.exitCode = 1;
      if (this.#members.size === 0) this.#whenAllGone();
      return;
    }
    if (!this.#address) {
      // The first one, before it served: most often it has said why.
      if (how !== 'exit code 1') say(died);
      return;
    }
    const hasServed = member.since !== undefined && performance.now() - member.since >= AT_START_MS;
    // Several that were started together and die together are one failure, not several in a row.
    this.#failedAtStart = hasServed ? 0 : Math.max(this.#failedAtStart, member.failedBefore + 1);
    if (this.#failedAtStart < MOST_AT_START) {
      say(`${died}; another takes its place`);
      const pause = hasServed ? 0 : PAUSE_MS * 2 ** this.#failedAtStart;
      setTimeout(() => {
        if (!this.#isStopping) void this.#replace(member.part);
      }, pause);
      return;
    }
    say(`${died}; ${MOST_AT_START} in a row ended right after starting, and none takes its place`);
    if (this.#members.size > 0) return;
    end(1);
  }
}

/** A port that nobody has, so that all workers, also later ones, can be told the same. */
async function freePort(host: string): Promise<number> {
  await using socket = new ListeningSocket();
  socket.bind({ host, port: 0 });
  await socket.listen();
  return socket.local.port;
}

/** Splits connections among workers: as evenly as can be, and at least one each. */
export function partsOf(connections: number, workers: number): number[] {
  const count = Math.min(workers, connections);
  const least = Math.floor(connections / count);
  return Array.from({ length: count }, (_, index) => least + (index < connections % count ? 1 : 0));
}
