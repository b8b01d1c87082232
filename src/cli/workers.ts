/** `--workers N`: several processes that share a port. Loaded only when they are asked for. */
import cluster, { type Worker } from 'node:cluster';
import type { Address } from '../socket/Address';
import { say } from './complain';
import { out } from './output';
import { bannerOf, type ServerOptions, type Start } from './runServer';
import { end, stopOnSignals } from './signals';

/** One that has served so long has not died at once. */
const AT_ONCE_MS = 1000;
/** After so many in a row that have, no more is started. */
const MOST_AT_ONCE = 5;
/** Before the next is started, when the last one has died at once; twice as long after each. */
const PAUSE_MS = 100;
const STOP = 'stop';

/** What a worker is told in its environment, as JSON. */
const ORDERS = 'LAB_WORKER';
type Orders = Pick<ServerOptions, 'port' | 'maxConnections'>;

interface Post {
  /** Which of them it is, from 0. */
  readonly index: number;
  readonly worker: Worker;
  /** ms, when it began to serve. */
  since?: number;
}

/** Runs this process as the one that starts the workers, or as one of them. */
export async function runWorkers(
  name: string,
  options: ServerOptions,
  start: Start,
): Promise<void> {
  if (cluster.isPrimary) await new Workers(name, options).run();
  else await work(options, start);
}

/** Serves until it is told to stop; Ctrl-C tells each process, and so does the primary. */
async function work(options: ServerOptions, start: Start): Promise<void> {
  const told = new Promise<void>((resolve) => {
    process.on('message', (message) => {
      if (message === STOP) resolve();
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, resolve);
  });
  const orders = JSON.parse(process.env[ORDERS] ?? '{}') as Orders;
  const started = await start({ ...options, ...orders });
  if (!started) {
    cluster.worker?.disconnect(); // ends with the exit code that says so
    return;
  }
  process.send?.(started.address);
  await told;
  await started.server.stop();
  end(process.exitCode);
}

/** Starts the workers, replaces those that die, and stops them all. */
class Workers {
  readonly #posts = new Map<number, Post>();
  readonly #count: number;
  #port: number;
  #address: Address | undefined;
  #isStopping = false;
  #diedAtOnce = 0;
  #whenAllGone: () => void = () => undefined;

  constructor(
    private readonly name: string,
    private readonly options: ServerOptions,
  ) {
    const { workers, maxConnections, port } = options;
    this.#count = Math.min(workers, maxConnections); // each has at least one to take
    this.#port = port;
    // Each takes its clients from the system itself: dealt out by the primary, as is the default,
    // those that still wait when the server is stopped would be cut.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }

  async run(): Promise<void> {
    cluster.on('exit', (worker, code, signal) => {
      this.#hasDied(worker, signal || `exit code ${code}`);
    });
    // What keeps one from starting keeps all, and is said once.
    const first = await this.#start(0);
    if (!first) {
      process.exitCode = 1;
      return;
    }
    this.#address = first.address;
    const others = Array.from({ length: this.#count - 1 }, (_, index) => this.#start(index + 1));
    await Promise.all(others);
    stopOnSignals(this.name, this);
    const pids = [...this.#posts.values()].map(({ worker }) => worker.process.pid);
    out.write(`${bannerOf(this.name, first.address)}Its workers: ${pids.join(', ')}\n`);
  }

  /** Resolves when all have answered what they had begun. */
  stop(): Promise<void> {
    this.#isStopping = true;
    return new Promise((resolve) => {
      this.#whenAllGone = resolve;
      for (const { worker } of this.#posts.values()) if (worker.isConnected()) worker.send(STOP);
      if (this.#posts.size === 0) resolve();
    });
  }

  /** Resolves with a new worker's process and address, or with nothing if it ends before it serves. */
  #start(index: number): Promise<{ pid: number | undefined; address: Address } | undefined> {
    // While one of them has the port, they share what was asked for, also if that was any free one.
    if (this.#posts.size === 0 && this.#address) this.#port = this.#address.port;
    const { maxConnections } = this.options;
    const orders: Orders = {
      port: this.#port,
      maxConnections: Math.floor((maxConnections + index) / this.#count),
    };
    const worker = cluster.fork({ [ORDERS]: JSON.stringify(orders) });
    const post: Post = { index, worker };
    this.#posts.set(worker.id, post);
    worker.once('error', (error) => {
      this.#hasDied(worker, error.message); // it could not be started
    });
    return new Promise((resolve) => {
      for (const end of ['exit', 'error'])
        worker.once(end, () => {
          resolve(undefined);
        });
      worker.once('message', (address: Address) => {
        post.since = performance.now();
        resolve({ pid: worker.process.pid, address });
      });
    });
  }

  async #replace(index: number): Promise<void> {
    const started = await this.#start(index);
    // Otherwise it has ended, and that is said.
    if (started) say(`${this.name}: worker ${started.pid} has taken its place`);
  }

  #hasDied(worker: Worker, how: string): void {
    const post = this.#posts.get(worker.id);
    this.#posts.delete(worker.id);
    const died = `${this.name}: worker ${worker.process.pid} has ended (${how})`;
    if (!post) return;
    if (!this.#address) {
      // The first one, before it served: most often it has said why.
      if (how !== 'exit code 1') say(died);
      return;
    }
    if (this.#isStopping) {
      if (worker.process.exitCode !== 0) process.exitCode = 1;
      if (this.#posts.size === 0) this.#whenAllGone();
      return;
    }
    const hasServed = post.since !== undefined && performance.now() - post.since >= AT_ONCE_MS;
    this.#diedAtOnce = hasServed ? 0 : this.#diedAtOnce + 1;
    if (this.#diedAtOnce < MOST_AT_ONCE) {
      say(`${died}; another takes its place`);
      const pause = hasServed ? 0 : PAUSE_MS * 2 ** this.#diedAtOnce;
      setTimeout(() => {
        if (!this.#isStopping) void this.#replace(post.index);
      }, pause);
      return;
    }
    say(`${died}; ${MOST_AT_ONCE} in a row have ended at once, and none takes its place`);
    if (this.#posts.size > 0) return;
    end(1);
  }
}
