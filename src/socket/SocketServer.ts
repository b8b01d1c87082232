import { setTimeout } from 'node:timers/promises';
import type { Address } from './Address';
import { ListeningSocket } from './ListeningSocket';
import { ServerLimits } from './ServerLimits';
import { ServerReport } from './ServerReport';
import type { Socket } from './Socket';
import { codeOf } from './SocketError';

/** While stopping, a client that has said nothing for so many milliseconds has said all. */
const LAST_SILENCE = 200;
/** What still comes after a last line is discarded, but only so long (ms) and so much (bytes). */
const DISCARD_TIME = 1000;
const DISCARD_SIZE = 1024 * 1024;

/**
 * A TCP server. Slide "Socket Programming: Client - Server", its right-hand side.
 *
 * - To write one, extend this class and say in `converse` how to talk with one client.
 * - To run one, `start` it; `stop` ends it.
 * - To hear what happens to it, give `start` a `ServerReport`.
 */
export abstract class SocketServer {
  readonly #conversations = new Map<Socket, Promise<void>>();
  #listening: ListeningSocket | undefined;
  #stopping = false;
  #watching: NodeJS.Timeout | undefined;
  #report = new ServerReport();

  constructor(protected readonly limits = new ServerLimits()) {}

  /**
   * Talks with one client, until it has sent its end of file. When this returns or throws, the
   * connection is closed; an error that has a `reply` is told to the client first.
   */
  protected abstract converse(client: Socket): Promise<void>;

  /**
   * Starts to serve. Resolves with the address clients can connect to from now on, which has the
   * real port if `address` said 0.
   * @throws SocketError when the address can't be had.
   */
  start(address: Address, report = this.#report): Promise<Address> {
    this.#report = report;
    return new Promise((resolve, reject) => {
      this.#serve(address, resolve).catch(reject);
    });
  }

  /** The server's life line, top to bottom as on the slide. */
  async #serve(address: Address, started: (bound: Address) => void): Promise<void> {
    await using welcoming = new ListeningSocket(this.limits.maxConnections); // socket()
    welcoming.bind(address);
    await welcoming.listen();
    this.#listening = welcoming;
    this.#watch();
    started(welcoming.local);
    while (!this.#stopping) {
      try {
        const client = await welcoming.accept();
        // Not waiting for the conversation is our answer to the slide's "Multithreading": one
        // thread takes turns between all clients, and none of them holds up the others.
        this.#conversations.set(client, this.#attend(client));
      } catch (error) {
        if (codeOf(error) !== 'EBADF') this.#report.problem(error); // EBADF: stop() has closed it
      }
    }
  }

  async #attend(client: Socket): Promise<void> {
    try {
      this.#report.connected(client);
      await this.converse(client);
    } catch (error) {
      this.#report.problem(error);
      await sendLastWord(client, error).catch(() => undefined); // nobody is left to hear it
    } finally {
      await client.close();
      this.#conversations.delete(client);
    }
  }

  /** Closes connections that have been silent for the idle timeout, at the latest a quarter after it. */
  #watch(): void {
    const { idleTimeout } = this.limits;
    this.#watching = setInterval(() => {
      for (const client of this.#conversations.keys()) client.watchSilence(idleTimeout);
    }, idleTimeout / 4);
  }

  /**
   * Ends the server: takes no new clients, answers what has arrived, and closes. What is left after
   * `grace` milliseconds is cut. Never rejects.
   */
  async stop(grace = 5000): Promise<void> {
    await this.#listening?.allAccepted();
    this.#stopping = true;
    await this.#listening?.close();
    for (const client of this.#conversations.keys()) client.drain(LAST_SILENCE);
    const patience = new AbortController();
    await Promise.race([
      Promise.all(this.#conversations.values()),
      setTimeout(grace, undefined, { signal: patience.signal }),
    ]);
    patience.abort();
    clearInterval(this.#watching);
    for (const client of this.#conversations.keys()) client.abort();
  }
}

/** An error with a `reply` is told to the client, so that it arrives whatever is still unread. */
async function sendLastWord(client: Socket, error: unknown): Promise<void> {
  if (!(error instanceof Error) || !('reply' in error)) return;
  await client.sendall(Buffer.from(`ERROR ${String(error.reply)}\n`));
  client.shutdown();
  // Closing while unread bytes wait makes the kernel send a reset, which can overtake the line.
  const deadline = performance.now() + DISCARD_TIME;
  let room = DISCARD_SIZE;
  while (room > 0) {
    const left = deadline - performance.now();
    if (left <= 0 || !(await client.poll(left))) return;
    const discarded = await client.recv(room);
    if (discarded.length === 0) return;
    room -= discarded.length;
  }
}
