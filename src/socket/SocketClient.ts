import { setTimeout } from 'node:timers/promises';
import { codeOf } from '../text/errno';
import type { Address } from './Address';
import { Socket } from './Socket';

/** Between two tries to reach a server that is still starting. */
const RETRY_MS = 100;

/** How long a client waits. */
export interface ClientLimits {
  /** Milliseconds to wait for a server that is still starting. */
  readonly wait: number;
  /** Milliseconds to wait for the connection, and again for the whole conversation. */
  readonly timeout: number;
}

export const DEFAULT_CLIENT_LIMITS: ClientLimits = { wait: 10_000, timeout: 10_000 };

/** What a client has to tell whoever runs it. */
export interface ClientReport {
  /** No server is there yet; this client goes on trying. Said once. */
  waiting(): void;
}

/** What a client is told when it runs. */
export interface RunOptions {
  readonly limits?: Partial<ClientLimits>;
  readonly report?: ClientReport;
}

/**
 * A TCP client. Slide "Socket Programming: Client - Server", its left-hand side.
 *
 * To write one, extend this class and say in `converse` how to talk with the server.
 */
export abstract class SocketClient<Result> {
  /** Talks with the server; what it returns is what `run` resolves with. */
  protected abstract converse(server: Socket): Promise<Result>;

  /**
   * The client's life line, top to bottom as on the slide.
   * @throws SocketError when the server can't be reached, or the conversation breaks or takes too
   * long; and what `converse` throws.
   */
  async run(address: Address, options: RunOptions = {}): Promise<Result> {
    await using server = new Socket(); // socket()
    await connect(server, address, options);
    return await this.converse(server);
  } // close()
}

/** Connects as soon as a server is there, and gives the conversation its time. */
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
