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
/** After this many failures at start in a row, no new worker is started. */
const MOST_AT_START = 5;
/** In ms, before the next worker is started when the last one failed at start; doubled each time. */
const PAUSE_MS = 100;
/** A worker that is busy or halted can't stop by itself: after this many ms it is killed. */
const STOP_MS = 6000;
/** How often a worker checks that its primary still runs, in ms. */
const LOOK_MS = 500;

/** The environment variables that tell a worker its port, and its part of --max-connections. */
const PORT = 'LAB_WORKER_PORT';
const CONNECTIONS = 'LAB_WORKER_CONNECTIONS';

/** The messages to a worker. */
const STOP = 'stop';

/** One of the workers. */
interface Member {
  readonly worker: Worker;
  /** How many connections it may have open; its replacement gets the same number. */
  readonly part: number;
  /** How many workers in a row had failed at start when it was started. */
  readonly failedBefore: number;
  /** ms, when it began to serve. */
  since?: number;
}

/** A worker that serves. */
interface Serving {
  readonly pid: number | undefined;
  readonly address: Address;
}

/** Runs this process as the primary, which starts the workers, or as one of the workers. */
export async function runWorkers(
  name: string,
  options: ServerOptions,
  start: StartServer,
): Promise<void> {
  if (cluster.isPrimary) await new Workers(name, options).run();
  else await work(name, options, start);
}

/** Serves until it must stop; Ctrl-C reaches every process, and the primary also tells each worker. */
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
    cluster.worker?.disconnect(); // it ends with an exit code for that
    return;
  }
  process.send?.(started.address, undefined, {}, () => undefined); // the primary may be gone
  await isToStop;
  await started.server.stop();
  end(process.exitCode);
}

/**
 * Ends this process when the primary is gone. Node does that itself, but not while an answer keeps it busy,
 * so a thread checks.
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
    // Each worker accepts its clients from the system. With Node's default the primary hands them out,
    // and clients that still wait when the server stops would be cut.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }

  async run(): Promise<void> {
    cluster.on('exit', (worker, code, signal) => {
      this.#hasDied(worker, signal || `exit code ${code}`);
    });
    stopOnSignals(this.name, this);
    const [firstPart = 1, ...otherParts] = this.#parts();
    // If there is none, the first worker says why.
    this.#port ||= await freePort(this.options.host).catch(() => 0);
    // A problem that keeps one worker from starting keeps all of them, and is reported once.
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

  /** How many connections each worker may have open; together they are --max-connections. */
  #parts(): number[] {
    const { workers, maxConnections } = this.options;
    const parts = partsOf(maxConnections, workers);
    if (parts.length < workers)
      say(
        `${this.name}: ${parts.length} of ${workers} workers, since --max-connections is ${maxConnections}`,
      );
    return parts;
  }

  /** Resolves when all workers have answered the requests that had begun. */
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

  /** Resolves with a new worker, or with undefined if it ends before it serves. */
  #start(part: number): Promise<Serving | undefined> {
    const worker = cluster.fork({ [PORT]: String(this.#port), [CONNECTIONS]: String(part) });
    const member: Member = { worker, part, failedBefore: this.#failedAtStart };
    this.#members.set(worker.id, member);
    // It could not be started; or it is gone, and a message could not reach it.
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
        if (this.#isStopping) worker.send(STOP); // it could not receive that before
        resolve({ pid: worker.process.pid, address });
      });
    });
  }

  async #replace(part: number): Promise<void> {
    const started = await this.#start(part);
    // Otherwise it has ended, which is reported elsewhere.
    if (started) say(`${this.name}: worker ${started.pid} replaces it`);
  }

  #hasDied(worker: Worker, how: string): void {
    const member = this.#members.get(worker.id);
    if (!member) return; // reported already
    this.#members.delete(worker.id);
    const died = `${this.name}: worker ${worker.process.pid} has ended (${how})`;
    if (this.#isStopping) {
      if (member.since !== undefined && worker.process.exitCode !== 0) process.exitCode = 1;
      if (this.#members.size === 0) this.#whenAllGone();
      return;
    }
    if (!this.#address) {
      // The first one, before it served: most often it has printed why.
      if (how !== 'exit code 1') say(died);
      return;
    }
    const hasServed = member.since !== undefined && performance.now() - member.since >= AT_START_MS;
    // Workers that start together and die together count as one failure, not as several in a row.
    this.#failedAtStart = hasServed ? 0 : Math.max(this.#failedAtStart, member.failedBefore + 1);
    if (this.#failedAtStart < MOST_AT_START) {
      say(`${died}; starting another one`);
      const pause = hasServed ? 0 : PAUSE_MS * 2 ** this.#failedAtStart;
      setTimeout(() => {
        if (!this.#isStopping) void this.#replace(member.part);
      }, pause);
      return;
    }
    say(`${died}; ${MOST_AT_START} in a row ended right after starting; no new one is started`);
    if (this.#members.size > 0) return;
    end(1);
  }
}

/** A free port, so that all workers, even later ones, get the same number. */
async function freePort(host: string): Promise<number> {
  await using socket = new ListeningSocket();
  socket.bind({ host, port: 0 });
  await socket.listen();
  return socket.local.port;
}

/** Divides the connections among the workers as evenly as possible, with at least one for each. */
export function partsOf(connections: number, workers: number): number[] {
  const count = Math.min(workers, connections);
  const least = Math.floor(connections / count);
  return Array.from({ length: count }, (_, index) => least + (index < connections % count ? 1 : 0));
}
