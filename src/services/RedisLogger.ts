import { createClient, ErrorReply, type RedisClientType } from '@redis/client';
import { injectable, postConstruct } from 'inversify';
import { codeOf, explain } from '../text/errno';
import { Clock } from './Clock';
import { logLine, LogTarget, RequestLogger, RequestNotLogged } from './RequestLogger';

/** Takes the next number and stores the line under it, in one step. */
const STORE = `
local name
repeat
  name = string.format('log%d.txt', redis.call('INCR', KEYS[1]) - 1)
until redis.call('SET', name, ARGV[1], 'NX')
return name`;

/** Tries the commands of `STORE` without changing anything; it fails for the same reasons. */
const TRY = `
redis.call('SET', 'log.txt', '', 'XX')
return redis.call('INCRBY', KEYS[1], 0)`;

/** What `STORE` returns. */
const NAME = /^log(?:0|[1-9]\d*)\.txt$/;

const USUAL_PORT = 6379;

/** The key with the number of lines so far. */
const COUNTER = 'log.count';

const NO_REDIS = 'the program that answers there is not a Redis';

/** Milliseconds between two tries to reconnect; doubled after each try, up to the longest. */
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** After this many ms without an answer (to a ping, for example) it reconnects. */
const SILENCE_MS = 10_000;
const PING_MS = 3000;

/**
 * Slide "Exercise 3", for servers on several machines: each request becomes one line under `log0.txt`,
 * `log1.txt`, ... in one Redis, which counts the numbers.
 *
 * Numbers rise, and none is used twice, as long as that Redis loses no data. Its own settings decide what a
 * crash can lose (docs/scaling.md).
 */
@injectable()
export class RedisLogger extends RequestLogger {
  /** How long a request waits for Redis, in ms. */
  protected readonly patienceMs: number = 5000;
  readonly #url: URL;
  #client: RedisClientType;
  #isOpen = false;
  /** Why Redis can't be reached. */
  #trouble: unknown;

  constructor(
    private readonly clock: Clock,
    target: LogTarget,
  ) {
    super();
    this.#url = new URL(target.where);
    this.#client = this.#newClient();
  }

  /**
   * Connects, and checks that it may store lines.
   * @throws RequestNotLogged when there is no Redis, it refuses us, or it can't store lines.
   */
  @postConstruct()
  async open(): Promise<void> {
    try {
      await this.#inTime((redis) => redis.connect());
      const count = await this.#inTime((redis) => redis.eval(TRY, { keys: [COUNTER] }));
      if (typeof count !== 'number') throw new Error(NO_REDIS);
      this.#isOpen = true;
    } catch (error) {
      this.close();
      throw this.#notLogged(error);
    }
  }

  /** A request that Redis may have stored, or not, is not sent again, and its client gets no answer. */
  async log(request: string, client: string): Promise<void> {
    const line = logLine(this.clock.now(), client, request);
    try {
      const name = await this.#inTime((redis) =>
        redis.eval(STORE, { keys: [COUNTER], arguments: [line] }),
      );
      if (typeof name !== 'string' || !NAME.test(name)) throw new Error(NO_REDIS);
    } catch (error) {
      throw this.#notLogged(error);
    }
  }

  /** Ends the connection. Requests that still wait for an answer fail. */
  close(): void {
    if (this.#client.isOpen) this.#client.destroy();
  }

  #newClient(): RedisClientType {
    const client: RedisClientType = createClient({
      url: this.#url.href,
      disableOfflineQueue: true, // a request that can't be sent now fails now, so that requests don't pile up
      pingInterval: PING_MS,
      socket: {
        socketTimeout: SILENCE_MS,
        reconnectStrategy: (tries) =>
          this.#isOpen && Math.min(PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS),
      },
    });
    client.on('error', (error: unknown) => {
      if (client === this.#client) this.#trouble = error;
    });
    return client;
  }

  /** A Redis that hangs must not keep a client waiting, and requests must not pile up. */
  async #inTime(ask: (redis: RedisClientType) => Promise<unknown>): Promise<unknown> {
    const redis = this.#client;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
        reject(error);
        if (redis === this.#client) this.#startAnew(error);
      }, this.patienceMs);
    });
    try {
      return await Promise.race([ask(redis), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Everything that waits on the old connection fails. */
  #startAnew(trouble: Error): void {
    if (!this.#isOpen) return;
    this.#trouble = trouble;
    const old = this.#client;
    this.#client = this.#newClient();
    old.destroy();
    this.#client.connect().catch((error: unknown) => {
      this.#trouble = error;
    });
  }

  #notLogged(error: unknown): RequestNotLogged {
    const { hostname: host } = this.#url;
    const port = Number(this.#url.port || USUAL_PORT);
    const cause =
      codeOf(error) === undefined && !(error instanceof ErrorReply) ? this.#trouble : error;
    const words = explain('connect', cause ?? error, { host, port });
    const message = `Redis at ${host}:${port}: ${words}`;
    return new RequestNotLogged(message, codeOf(cause) ?? 'EUNKNOWN', { cause: error });
  }
}
