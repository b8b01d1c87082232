import type { Address } from './Address';
import { later } from './later';
import { ListeningSocket } from './ListeningSocket';
import { DEFAULT_SERVER_LIMITS, type ServerLimits } from './ServerLimits';
import { harmless, ServerReport } from './ServerReport';
import type { Socket } from './Socket';
import { SocketError } from './SocketError';

const GRACE_MS = 5000;
/** While stopping, a client that is silent for this long is treated as finished. */
const LAST_SILENCE_MS = 200;

/** What a server is told when it starts. */
export interface StartOptions {
  readonly limits?: Partial<ServerLimits>;
  readonly report?: ServerReport;
}

/**
 * A TCP server. Slide "Socket Programming: Client - Server", its right-hand side.
 *
 * - To write one, extend this class and say in `converse` how to talk with one client; in `lastWord`
 *   what the client is told when that fails.
 * - To run one, `start` it, once; `stop` ends it.
 * - To hear what happens to it, give `start` a `ServerReport`.
 */
export abstract class SocketServer {
  #welcoming: ListeningSocket | undefined;
  readonly #clients = new Set<Socket>();
  #limits = DEFAULT_SERVER_LIMITS;
  #report = new ServerReport();
  #stopped: Promise<void> | undefined;
  #lastClientGone: () => void = () => undefined;

  /** Talks with one client until its end of file. After that, or an error, the connection is closed. */
  protected abstract converse(client: Socket): Promise<void>;

  /** Text sent to a client before its connection is closed, if `converse` failed; none by default. */
  protected lastWord(_error: unknown): string | undefined {
    return undefined;
  }

  /** What this run allows its clients. */
  protected get limits(): ServerLimits {
    return this.#limits;
  }

  /**
   * Starts to serve. Resolves with the address clients can connect to from now on, which has the
   * real port if `address` said 0.
   * @throws SocketError when the address can't be had (it may be tried again), and Error when this
   * server was started or stopped before.
   */
  async start(address: Address, { limits, report }: StartOptions = {}): Promise<Address> {
    if (this.#stopped) throw new Error('start() after stop(): a server is started once');
    if (this.#welcoming) throw new Error('start() again: a server is started once');
    this.#limits = { ...DEFAULT_SERVER_LIMITS, ...limits };
    this.#report = harmless(report ?? this.#report);
    try {
      const welcoming = new ListeningSocket({
        maxConnections: this.#limits.maxConnections,
        refused: (error) => this.#report.problem(error),
      });
      this.#welcoming = welcoming;
      welcoming.bind(address);
      await welcoming.listen();
      this.#acceptClients(welcoming).catch((error: unknown) => this.#acceptFailed(error));
      return welcoming.local;
    } catch (error) {
      throw this.#notStarted(error);
    }
  }

  #notStarted(error: unknown): unknown {
    this.#welcoming = undefined; // it may be tried again
    return this.#stopped ? new Error('stop() before the server had started') : error;
  }

  /** For ever: accept, and attend without waiting. */
  async #acceptClients(welcoming: ListeningSocket): Promise<void> {
    for (;;) {
      const client = await welcoming.accept();
      // No `await` on the next line: that is our answer where the slide's is "Multithreading".
      void this.#attend(client);
    }
  }

  /** One client, from `accept` to `close`. */
  async #attend(client: Socket): Promise<void> {
    this.#clients.add(client);
    client.breakAfterSilence(this.#limits.idleTimeout);
    this.#report.connected(client);
    try {
      await this.converse(client);
    } catch (error) {
      this.#report.problem(error);
      await this.#sayLastWord(client, error);
    } finally {
      await client.close();
      this.#forget(client);
    }
  }

  async #sayLastWord(client: Socket, error: unknown): Promise<void> {
    try {
      const word = this.lastWord(error);
      if (word !== undefined) await client.sendall(Buffer.from(word));
    } catch (unsaid) {
      // A client that is gone can't hear it.
      if (!(unsaid instanceof SocketError)) this.#report.problem(unsaid);
    }
  }

  #forget(client: Socket): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#lastClientGone();
  }

  /** The accept loop has ended: because of `stop`, or of an error that nobody expected. */
  async #acceptFailed(error: unknown): Promise<void> {
    if (this.#stopped) return;
    this.#report.problem(error);
    await this.stop();
  }

  /**
   * Ends the server: takes no new clients, answers what has arrived, and closes. What is left after
   * `grace` milliseconds is cut. Never rejects.
   */
  stop(grace = GRACE_MS): Promise<void> {
    this.#stopped ??= this.#stop(grace);
    return this.#stopped;
  }

  async #stop(grace: number): Promise<void> {
    await this.#welcoming?.allAccepted();
    await this.#welcoming?.close();
    for (const client of this.#clients) client.endAfterSilence(LAST_SILENCE_MS);
    await this.#allGone(grace);
    for (const client of this.#clients) client.abort();
  }

  /** Waits until the last client has left, at most `ms` milliseconds. */
  #allGone(ms: number): Promise<void> {
    if (this.#clients.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const forget = later(ms, resolve);
      this.#lastClientGone = () => {
        forget();
        resolve();
      };
    });
  }
}
