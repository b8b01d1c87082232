/** `--workers N`: several processes that share a port. Loaded only when they are asked for. */
import cluster, { type Worker } from 'node:cluster';
import type { Address } from '../socket/Address';
import { bannerOf } from './banner';
import { say } from './complain';
import { out } from './output';
import { SharedPlaces, WorkerPlaces } from './places';
import type { ServerOptions, Start } from './serverOptions';
import { end, stopOnSignals } from './signals';

/** One that has served so long has not died at once. */
const AT_ONCE_MS = 1000;
/** After so many in a row that have, no more is started. */
const MOST_AT_ONCE = 5;
/** Before the next is started, when the last one has died at once; twice as long after each. */
const PAUSE_MS = 100;

/** The environment variable that tells a worker its port. */
const PORT = 'LAB_WORKER_PORT';
/** What it is told later: to stop, to give away the places it does not use, or that it has more. */
type Told = 'stop' | 'give away' | { readonly places: number };
/** What it says: that it serves, that it has no place left, or how many it gives away. */
type Said = { readonly address: Address } | 'full' | { readonly places: number };

/** One of the workers. */
interface Member {
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
  const tellPrimary = (said: Said) => process.send?.(said);
  const places = new WorkerPlaces(() => tellPrimary('full'));
  const isToStop = new Promise<void>((resolve) => {
    process.on('message', (told: Told) => {
      if (told === 'stop') resolve();
      else if (told === 'give away') tellPrimary({ places: places.giveAway() });
      else places.receive(told.places);
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, resolve);
  });
  const started = await start({ ...options, port: Number(process.env[PORT]) }, places);
  if (!started) {
    cluster.worker?.disconnect(); // ends with the exit code that says so
    return;
  }
  tellPrimary({ address: started.address });
  await isToStop;
  await started.server.stop();
  end(process.exitCode);
}

/** Starts the workers, replaces those that die, and stops them all. */
class Workers {
  readonly #members = new Map<number, Member>();
  readonly #places: SharedPlaces<Worker>;
  #port: number;
  #address: Address | undefined;
  #isStopping = false;
  #diedAtOnce = 0;
  #whenAllGone: () => void = () => undefined;

  constructor(
    private readonly name: string,
    private readonly options: ServerOptions,
  ) {
    this.#port = options.port;
    this.#places = new SharedPlaces(options.maxConnections, {
      giveAway: (worker) => {
        tell(worker, 'give away');
      },
      receive: (worker, places) => {
        tell(worker, { places });
      },
    });
    // Each takes its clients from the system itself: dealt out by the primary, as is the default,
    // those that still wait when the server is stopped would be cut.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }

  async run(): Promise<void> {
    cluster.on('exit', (worker, code, signal) => {
      this.#hasDied(worker, signal || `exit code ${code}`);
    });
    // What keeps one from starting keeps all, and is said once.
    const first = await this.#start();
    if (!first) {
      process.exitCode = 1;
      return;
    }
    this.#address = first.address;
    await Promise.all(Array.from({ length: this.options.workers - 1 }, () => this.#start()));
    stopOnSignals(this.name, this);
    const pids = [...this.#members.values()].map(({ worker }) => worker.process.pid);
    out.write(`${bannerOf(this.name, first.address)}Its workers: ${pids.join(', ')}\n`);
  }

  /** Resolves when all have answered what they had begun. */
  stop(): Promise<void> {
    this.#isStopping = true;
    return new Promise((resolve) => {
      this.#whenAllGone = resolve;
      for (const { worker } of this.#members.values()) tell(worker, 'stop');
      if (this.#members.size === 0) resolve();
    });
  }

  /** Resolves with a new worker's process and address, or with nothing if it ends before it serves. */
  #start(): Promise<{ pid: number | undefined; address: Address } | undefined> {
    // While one of them has the port, they share what was asked for, also if that was any free one.
    if (this.#members.size === 0 && this.#address) this.#port = this.#address.port;
    const { workers, maxConnections } = this.options;
    const worker = cluster.fork({ [PORT]: String(this.#port) });
    const member: Member = { worker };
    this.#members.set(worker.id, member);
    worker.once('error', (error) => {
      this.#hasDied(worker, error.message); // it could not be started
    });
    return new Promise((resolve) => {
      for (const end of ['exit', 'error'])
        worker.once(end, () => {
          resolve(undefined);
        });
      worker.on('message', (said: Said) => {
        if (said === 'full') this.#places.asked(worker);
        else if ('places' in said) this.#places.returned(worker, said.places);
        else {
          member.since = performance.now();
          this.#places.joined(worker, Math.ceil(maxConnections / workers));
          resolve({ pid: worker.process.pid, address: said.address });
        }
      });
    });
  }

  async #replace(): Promise<void> {
    const started = await this.#start();
    // Otherwise it has ended, and that is said.
    if (started) say(`${this.name}: worker ${started.pid} has taken its place`);
  }

  #hasDied(worker: Worker, how: string): void {
    const member = this.#members.get(worker.id);
    if (!member) return; // said already
    this.#members.delete(worker.id);
    this.#places.left(worker);
    const died = `${this.name}: worker ${worker.process.pid} has ended (${how})`;
    if (!this.#address) {
      // The first one, before it served: most often it has said why.
      if (how !== 'exit code 1') say(died);
      return;
    }
    if (this.#isStopping) {
      if (worker.process.exitCode !== 0) process.exitCode = 1;
      if (this.#members.size === 0) this.#whenAllGone();
      return;
    }
    const hasServed = member.since !== undefined && performance.now() - member.since >= AT_ONCE_MS;
    this.#diedAtOnce = hasServed ? 0 : this.#diedAtOnce + 1;
    if (this.#diedAtOnce < MOST_AT_ONCE) {
      say(`${died}; another takes its place`);
      const pause = hasServed ? 0 : PAUSE_MS * 2 ** this.#diedAtOnce;
      setTimeout(() => {
        if (!this.#isStopping) void this.#replace();
      }, pause);
      return;
    }
    say(`${died}; ${MOST_AT_ONCE} in a row have ended at once, and none takes its place`);
    if (this.#members.size > 0) return;
    end(1);
  }
}

/** Tells a worker something, unless it is about to end. */
function tell(worker: Worker, told: Told): void {
  if (worker.isConnected()) worker.send(told);
}
