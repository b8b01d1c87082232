import { setTimeout } from 'node:timers/promises';
import type { Address } from '../socket/Address';
import { later } from '../socket/later';
import { SocketError } from '../socket/SocketError';
import { codeOf } from '../text/errno';
import { DatagramSocket } from './DatagramSocket';

/** How long a client waits, and how often it asks. */
export interface DatagramLimits {
  /** Milliseconds to wait for the answer to one try. */
  readonly timeout: number;
  readonly tries: number;
}

export const DEFAULT_DATAGRAM_LIMITS: DatagramLimits = { timeout: 1000, tries: 3 };

/** What a client reports to the program that runs it. */
export interface DatagramClientReport {
  /** This try got no answer in time, or the system reported an error. The client asks again. */
  again(attempt: number, error: unknown): void;
}

/** The options of one run of a client. */
export interface DatagramRunOptions {
  readonly limits?: Partial<DatagramLimits>;
  readonly report?: DatagramClientReport;
}

/**
 * A UDP client. UDP does not report a lost datagram, so the client waits, sends again, and gives up in the
 * end.
 *
 * To write one, extend this class and write in `converse` what to send and what to expect.
 */
export abstract class DatagramClient<Result> {
  /** Asks the server once. `run` resolves with its return value. */
  protected abstract converse(socket: DatagramSocket, server: Address): Promise<Result>;

  /**
   * Tries until there is an answer. Each try has its own socket, and so its own port: a late answer to an
   * earlier try is not mistaken for the answer to this one.
   * @throws SocketError when no try was answered; and what `converse` throws.
   */
  async run(server: Address, { limits, report }: DatagramRunOptions = {}): Promise<Result> {
    const { timeout, tries } = { ...DEFAULT_DATAGRAM_LIMITS, ...limits };
    for (let attempt = 1; ; attempt++) {
      const end = performance.now() + timeout;
      try {
        return await this.#try(server, timeout);
      } catch (error) {
        if (!mayGetThrough(error)) throw error;
        if (attempt === tries) throw noAnswer(error, server, { timeout, tries });
        // The server may still be starting.
        await setTimeout(Math.max(end - performance.now(), 0));
        report?.again(attempt + 1, error);
      }
    }
  }

  async #try(server: Address, timeout: number): Promise<Result> {
    await using socket = new DatagramSocket(); // socket()
    const forget = later(timeout, () => {
      void socket.close(new SocketError('recvfrom', 'ETIMEDOUT', server));
    });
    try {
      await socket.connect(server); // sends nothing over UDP: see connect()
      return await this.converse(socket, server);
    } finally {
      forget();
    }
  } // close()
}

/** Whether another try may succeed. */
function mayGetThrough(error: unknown): boolean {
  return ['ETIMEDOUT', 'ECONNREFUSED'].includes(codeOf(error) ?? '');
}

/** UDP can't tell why there was no answer, unless the system reports that no program has the port. */
function noAnswer(error: unknown, server: Address, { timeout, tries }: DatagramLimits): unknown {
  if (codeOf(error) !== 'ETIMEDOUT') return error;
  const often = tries === 1 ? '1 try' : `${tries} tries`;
  return new SocketError(
    'recvfrom',
    'ETIMEDOUT',
    server,
    `no answer in ${often} of ${timeout / 1000} s: the question or the answer was lost, or no program receives there; UDP can't tell which`,
  );
}
