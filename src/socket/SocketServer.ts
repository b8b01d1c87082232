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

/** The options of one start of a server. */
export interface StartOptions {
  readonly limits?: Partial<ServerLimits>;
  readonly report?: ServerReport;
}

/**
 * A TCP server. Slide "Socket Programming: Client - Server", its right-hand side.
 *
 * - To write one, extend this class and write in `converse` how to talk with one client, and in `errorReply` what
 *   the client gets when that fails.
 * - To run one, `start` it, once; `stop` ends it.
 * - To see what happens to it, pass a `ServerReport` to `start`.
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

  /** Text for the client before its connection is closed, if `converse` failed. Default: none. */
  protected errorReply(_error: unknown): string | undefined {
    return undefined;
  }

  /** The limits of this run. */
  protected get limits(): ServerLimits {
    return this.#limits;
  }

  /**
   * Starts to serve. Resolves with the address that clients can connect to; it has the real port if `address`
   * said 0.
   * @throws SocketError when the address isn't available (you can try again), and Error when this server was
   * started or stopped before.
   */
  async start(address: Address, { limits, report }: StartOptions = {}): Promise<Address> {
    if (this.#stopped) throw new Error('start() after stop(): a server can be started only once');
    if (this.#welcoming) throw new Error('start() again: a server can be started only once');
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
    this.#welcoming = undefined; // the caller may try again
    return this.#stopped ? new Error('stop() before the server had started') : error;
  }

  /** Forever: accept a client, and start its conversation without waiting for it. */
  async #acceptClients(welcoming: ListeningSocket): Promise<void> {
    for (;;) {
      const client = await welcoming.accept();
      // No `await` on the next line: this is our answer to the slide's "Multithreading".
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
      await this.#sendErrorReply(client, error);
    } finally {
      await client.close();
      this.#forget(client);
    }
  }

  async #sendErrorReply(client: Socket, error: unknown): Promise<void> {
    try {
      const reply = this.errorReply(error);
      if (reply !== undefined) await client.sendall(Buffer.from(reply));
    } catch (failure) {
      // The client may already be gone.
      if (!(failure instanceof SocketError)) this.#report.problem(failure);
    }
  }

  #forget(client: Socket): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#lastClientGone();
  }

  /** The accept loop has ended: because of `stop`, or because of an unexpected error. */
  async #acceptFailed(error: unknown): Promise<void> {
    if (this.#stopped) return;
    this.#report.problem(error);
    await this.stop();
  }

  /**
   * Ends the server: accepts no new clients, answers the requests that have arrived, and closes. Connections
   * that are still open after `grace` milliseconds are cut. Never rejects.
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

  /** Waits until the last client has left, but at most `ms` milliseconds. */
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
