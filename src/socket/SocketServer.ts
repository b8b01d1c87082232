import type { Address } from './Address';
import { IdleWatch } from './IdleWatch';
import { later } from './later';
import { lingeringClose } from './lingeringClose';
import { ListeningSocket, tooManyOpen } from './ListeningSocket';
import type { Places } from './Places';
import { DEFAULT_SERVER_LIMITS, type ServerLimits } from './ServerLimits';
import { ServerReport } from './ServerReport';
import type { Socket } from './Socket';
import { SocketError } from './SocketError';

const GRACE_MS = 5000;
/** While stopping, a client that has said nothing for so long has said all. */
const LAST_SILENCE_MS = 200;

/** What a server is told when it starts. */
export interface StartOptions {
  readonly limits?: Partial<ServerLimits>;
  readonly report?: ServerReport;
  /** Is asked for each connection, when servers in several processes share `maxConnections`. */
  readonly places?: Places | undefined;
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
  readonly #clients = new Set<Socket>();
  #welcoming: ListeningSocket | undefined;
  #idleWatch: IdleWatch | undefined;
  #limits = DEFAULT_SERVER_LIMITS;
  #report = new ServerReport();
  #places: Places | undefined;
  #isStopped = false;
  #whenStarted: (address: Address) => void = () => undefined;
  #whenEmpty: (() => void)[] = [];

  /** Talks with one client until its end of file. After that, or an error, the connection is closed. */
  protected abstract converse(client: Socket): Promise<void>;

  /** What a client is told before it is left, when `converse` has failed; nothing unless overridden. */
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
  async start(address: Address, { limits, report, places }: StartOptions = {}): Promise<Address> {
    if (this.#isStopped) throw new Error('start() after stop(): a server is started once');
    if (this.#welcoming) throw new Error('start() again: a server is started once');
    this.#limits = { ...DEFAULT_SERVER_LIMITS, ...limits };
    this.#report = report ?? this.#report;
    this.#places = places;
    return new Promise((resolve, reject) => {
      this.#whenStarted = resolve;
      this.#serve(address).catch((error: unknown) => {
        reject(
          this.#isStopped ? new Error('stop() before the server had started') : (error as Error),
        );
        return this.#endServing(error);
      });
    });
  }

  /** The server's life line, top to bottom as on the slide. */
  async #serve(address: Address): Promise<void> {
    await using welcoming = this.#socket();
    welcoming.bind(address);
    await welcoming.listen();
    for (;;) {
      const client = await welcoming.accept();
      // No `await` on the next line: that is our whole answer to the slide's "Multithreading".
      void this.#attend(client);
    }
  }

  #socket(): ListeningSocket {
    this.#welcoming = new ListeningSocket({
      maxConnections: this.#limits.maxConnections,
      listening: (local) => {
        if (this.#isStopped) return;
        this.#idleWatch = new IdleWatch(this.#clients, this.#limits.idleTimeout);
        this.#whenStarted(local);
      },
      refused: (error) => {
        void this.#tell((report) => report.problem(error));
      },
    });
    return this.#welcoming;
  }

  /** Not an async function: one that waits as long as its client is there cost 0.8 KiB each. */
  #attend(client: Socket): Promise<void> {
    this.#clients.add(client);
    const taken = this.#places?.take() ?? true;
    if (taken === true) return this.#talkWith(client);
    return taken.then(async (isTaken) => {
      if (isTaken) await this.#talkWith(client);
      else this.#turnAway(client);
    });
  }

  #talkWith(client: Socket): Promise<void> {
    void this.#tell((report) => report.connected(client));
    const failed = (error: unknown) => this.#leaveAfter(error, client);
    try {
      return this.converse(client).then(() => this.#leave(client), failed);
    } catch (error) {
      return failed(error); // a `converse` that is not async
    }
  }

  async #leaveAfter(error: unknown, client: Socket): Promise<void> {
    void this.#tell((report) => report.problem(error));
    await this.#sayLastWord(client, error);
    await this.#leave(client);
  }

  async #leave(client: Socket): Promise<void> {
    await client.close(); // a peer that never reads is left to the idle watch
    this.#places?.giveBack();
    this.#forget(client);
  }

  #turnAway(client: Socket): void {
    const { maxConnections } = this.#limits;
    void this.#tell((report) =>
      report.problem(tooManyOpen(maxConnections, this.#welcoming?.local)),
    );
    client.abort();
    this.#forget(client);
  }

  #forget(client: Socket): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  async #sayLastWord(client: Socket, error: unknown): Promise<void> {
    try {
      const word = this.lastWord(error);
      if (word !== undefined) await lingeringClose(client, word);
    } catch (unsaid) {
      if (unsaid instanceof SocketError) return; // nobody is left to hear it
      void this.#tell((report) => report.problem(unsaid));
    }
  }

  /** Tells the report, whose own errors harm nobody. */
  async #tell(news: (report: ServerReport) => unknown): Promise<void> {
    try {
      await news(this.#report);
    } catch {
      // there is nobody left to tell
    }
  }

  /** After a start that failed, a stop, or an error in the accept loop. */
  async #endServing(error: unknown): Promise<void> {
    if (this.#isStopped) return;
    if (this.#idleWatch) {
      void this.#tell((report) => report.problem(error));
      await this.stop();
    }
    this.#welcoming = undefined;
  }

  /**
   * Ends the server: takes no new clients, answers what has arrived, and closes. What is left after
   * `grace` milliseconds is cut. Never rejects.
   */
  async stop(grace = GRACE_MS): Promise<void> {
    this.#isStopped = true;
    await this.#welcoming?.allAccepted();
    await this.#welcoming?.close();
    for (const client of this.#clients) client.endAfterSilence(LAST_SILENCE_MS);
    await this.#allGone(grace);
    this.#idleWatch?.stop();
    for (const client of this.#clients) client.abort();
  }

  /** Waits until the last client has left, but no longer than so many milliseconds. */
  #allGone(ms: number): Promise<void> {
    if (this.#clients.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const forget = later(ms, resolve);
      this.#whenEmpty.push(() => {
        forget();
        resolve();
      });
    });
  }
}
