import { setTimeout } from 'node:timers/promises';
import type { Address } from './Address';
import type { MessageLimits } from './MessageReader';
import { Socket } from './Socket';
import { SocketError } from './SocketError';

/** Milliseconds between two tries to reach a server that is still starting. */
const RETRY = 100;

export interface ClientLimits {
  /** Milliseconds to wait for a server that is still starting. */
  readonly wait: number;
  /** Milliseconds to wait for the connection, and for a reply. */
  readonly timeout: number;
  /** What a reply may be, of servers that answer in lines. */
  readonly reply: MessageLimits;
}

/** @param wait ms for a server that is still starting; `timeout` ms for the connection, and a reply. */
export function createClientLimits(wait = 10_000, timeout = 10_000): ClientLimits {
  return { wait, timeout, reply: { what: 'reply', maxBytes: 1024, silence: Infinity, timeout } };
}

/**
 * A TCP client. Slide "Socket Programming: Client - Server", its left-hand side.
 *
 * To write one, extend this class and say in `converse` how to talk with the server.
 */
export abstract class SocketClient<Result> {
  constructor(protected readonly limits = createClientLimits()) {}

  /** Talks with the server; what it returns is what `run` resolves with. */
  protected abstract converse(server: Socket): Promise<Result>;

  /**
   * The client's life line, top to bottom as on the slide.
   * @param waiting is called once if no server is there yet, and this client goes on trying.
   * @throws SocketError when the server can't be reached or the conversation fails.
   */
  async run(address: Address, waiting?: () => void): Promise<Result> {
    await using server = new Socket(); // socket()
    server.settimeout(this.limits.timeout);
    await this.#connect(server, address, waiting);
    return await this.converse(server);
  } // close()

  async #connect(
    server: Socket,
    address: Address,
    waiting: () => void = () => undefined,
  ): Promise<void> {
    const deadline = performance.now() + this.limits.wait;
    for (let tries = 1; ; tries++) {
      try {
        await server.connect(address);
        return;
      } catch (error) {
        if (!isRefused(error) || performance.now() + RETRY > deadline) throw error;
        if (tries === 1) waiting();
        await setTimeout(RETRY);
      }
    }
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof SocketError && error.code === 'ECONNREFUSED';
}
