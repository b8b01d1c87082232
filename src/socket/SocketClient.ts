import { setTimeout } from 'node:timers/promises';
import { codeOf } from '../text/errno';
import type { Address } from './Address';
import { Socket } from './Socket';

/** Milliseconds between two tries to reach a server that is still starting. */
const RETRY_MS = 100;

/** How long a client waits. */
export interface ClientLimits {
  /** Milliseconds to wait for a server that is still starting. */
  readonly wait: number;
  /** Milliseconds to wait for the connection, and again for the whole conversation. */
  readonly timeout: number;
}

export const DEFAULT_CLIENT_LIMITS: ClientLimits = { wait: 10_000, timeout: 10_000 };

/** What a client reports to the program that runs it. */
export interface ClientReport {
  /** No server is listening yet; this client goes on trying. Called once. */
  waiting(): void;
}

/** The options of one run of a client. */
export interface RunOptions {
  readonly limits?: Partial<ClientLimits>;
  readonly report?: ClientReport;
}

/**
 * A TCP client. Slide "Socket Programming: Client - Server", its left-hand side.
 *
 * To write one, extend this class and write in `converse` how to talk with the server.
 */
export abstract class SocketClient<Result> {
  /** Talks with the server. `run` resolves with its return value. */
  protected abstract converse(server: Socket): Promise<Result>;

  /**
   * The client's life line, from top to bottom as on the slide.
   * @throws SocketError when the server can't be reached, or the conversation breaks or takes too long; and
   * what `converse` throws.
   */
  async run(address: Address, options: RunOptions = {}): Promise<Result> {
    await using server = new Socket(); // socket()
    await connect(server, address, options);
    return await this.converse(server);
  } // close()
}

/** Connects as soon as a server is listening, and starts the time limit of the conversation. */
async function connect(server: Socket, address: Address, options: RunOptions): Promise<void> {
  const { wait, timeout } = { ...DEFAULT_CLIENT_LIMITS, ...options.limits };
  const deadline = performance.now() + wait;
  for (let isFirst = true; ; isFirst = false) {
    server.breakAfter(timeout);
    try {
      await server.connect(address);
      break;
    } catch (error) {
      if (codeOf(error) !== 'ECONNREFUSED' || performance.now() + RETRY_MS > deadline) throw error;
      if (isFirst) options.report?.waiting();
      await setTimeout(RETRY_MS);
    }
  }
  server.breakAfter(timeout);
}
