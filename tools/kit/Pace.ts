import { setTimeout } from 'node:timers/promises';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import { Socket } from '../../src/socket/Socket';

/**
 * The kit's own echo takes at most this many ms on a machine that is not busy (a hundredth of it when idle).
 */
const USUAL_MS = 20;
/** A wait is stretched at most this many times; beyond that, something else is wrong. */
const MOST = 6;
const EVERY_MS = 200;
/** How many of the last echoes count: a busy moment is remembered for two seconds. */
const REMEMBERED = 10;

/** How fast this machine is now: the kit measures its own echo all the time. */
export class Pace implements AsyncDisposable {
  readonly #welcoming = new ListeningSocket();
  readonly #client = new Socket();
  readonly #stop = new AbortController();
  #echoes: number[] = [];

  /** Has measured once. @throws SocketError when there is no loopback. */
  static async begin(): Promise<Pace> {
    const pace = new Pace();
    pace.#welcoming.bind({ host: '127.0.0.1', port: 0 });
    await pace.#welcoming.listen();
    const [server] = await Promise.all([
      pace.#welcoming.accept(),
      pace.#client.connect(pace.#welcoming.local),
    ]);
    await pace.#echo(server); // the first one is slow everywhere
    pace.#echoes = [];
    await pace.#echo(server);
    void pace.#goOn(server);
    return pace;
  }

  /** How many times longer than usual a program may take for what it has to do: 1 or more. */
  get stretch(): number {
    return stretchOf(this.#echoes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#client.reset();
    await this.#welcoming.close();
  }

  async #goOn(server: Socket): Promise<void> {
    const { signal } = this.#stop;
    try {
      while (!signal.aborted) {
        await setTimeout(EVERY_MS, undefined, { ref: false, signal });
        await this.#echo(server);
      }
    } catch {
      // Disposed of meanwhile.
    }
  }

  async #echo(server: Socket): Promise<void> {
    const begun = performance.now();
    await this.#client.sendall(Buffer.from('?'));
    await server.sendall(await server.recv(1));
    await this.#client.recv(1);
    this.#echoes = [...this.#echoes, performance.now() - begun].slice(-REMEMBERED);
  }
}

/** @param echoes how many ms each has taken; the slowest counts. */
export function stretchOf(echoes: readonly number[]): number {
  return Math.min(MOST, Math.max(1, ...echoes.map((ms) => ms / USUAL_MS)));
}
