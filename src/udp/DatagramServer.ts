import type { Address } from '../socket/Address';
import { withoutErrors } from '../socket/ServerReport';
import { SocketError } from '../socket/SocketError';
import { codeOf } from '../text/errno';
import { type Datagram, DatagramSocket } from './DatagramSocket';
import { PeerLimit } from './PeerLimit';

/** What a server reports to the program that runs it. An error in a report does not affect the server. */
export interface DatagramReport {
  /** A datagram has come, and will be answered. */
  received?(datagram: Datagram): unknown;
  /** A datagram could not be received or answered. The server goes on. */
  problem?(error: unknown): unknown;
}

/**
 * A UDP server. Its life line is shorter than that of `SocketServer`: no `listen` and no `accept`, because
 * clients don't connect. It has one socket for all clients, and gets the address to answer to with each
 * datagram.
 *
 * To write one, extend this class and write in `answer` what to send back.
 */
export abstract class DatagramServer {
  #socket: DatagramSocket | undefined;
  #report = harmless({});
  readonly #limit = new PeerLimit();
  #isStopped = false;

  /** Answers one datagram, with `socket.sendto(..., peer)`. */
  protected abstract answer(datagram: Datagram, socket: DatagramSocket): Promise<void>;

  /**
   * Starts to serve. Resolves with the address that receives datagrams; it has the real port if `address`
   * said 0.
   * @throws SocketError when the address isn't available (you can try again), and Error when this server was
   * started or stopped before.
   */
  async start(
    address: Address,
    { report = {} }: { report?: DatagramReport } = {},
  ): Promise<Address> {
    if (this.#isStopped) throw new Error('start() after stop(): a server can be started only once');
    if (this.#socket) throw new Error('start() again: a server can be started only once');
    this.#report = harmless(report);
    const socket = new DatagramSocket(); // socket()
    this.#socket = socket;
    try {
      await socket.bind(address);
    } catch (error) {
      this.#socket = undefined;
      if (codeOf(error) !== 'EBADF') throw error;
      throw new Error('stop() before the server had started', { cause: error });
    }
    const local = socket.local ?? address;
    void this.#serve(socket, local);
    return local;
  }

  /** Closes the port immediately: there are no connections to finish. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#socket?.close();
  }

  /** The server's life line, from `bind` on. */
  async #serve(socket: DatagramSocket, local: Address): Promise<void> {
    while (!this.#isStopped) {
      try {
        const datagram = await socket.recvfrom();
        refuse(datagram.peer, local);
        if (!this.#limit.allows(datagram.peer)) throw refusal(datagram.peer, TOO_MANY);
        this.#report.received(datagram);
        await this.answer(datagram, socket);
      } catch (error) {
        // If this datagram can't be answered, the server goes on with the next.
        if (codeOf(error) !== 'EBADF') this.#report.problem(error);
      }
    }
  }
}

/** The same report; an error inside it does not affect the server. */
function harmless(report: DatagramReport): Required<DatagramReport> {
  return {
    received: (datagram) => {
      withoutErrors(() => report.received?.(datagram));
    },
    problem: (error) => {
      withoutErrors(() => report.problem?.(error));
    },
  };
}

const TOO_MANY = 'it sends without a pause, like a server that answers our answers';
const RESERVED = 1024;
const GROUP = /^(22[4-9]|23\d)\.|^255\.255\.255\.255$|^ff/i;

/**
 * Refuses senders that would make an endless loop or a flood: anyone can forge the sender of a datagram, and
 * the answer goes there. OpenBSD's inetd refuses the same ones. Two servers on other ports that answer each
 * other are stopped by `PeerLimit`.
 * @throws SocketError when this sender must not get an answer.
 */
export function refuse(peer: Address, local: Address): void {
  if (peer.port < RESERVED)
    throw refusal(peer, 'its port is below 1024, so it is a server of the system');
  if (peer.port === local.port)
    throw refusal(peer, 'its port is the same as ours, so it is such a server, or this one');
  if (GROUP.test(peer.host)) throw refusal(peer, 'it is a group, not one host');
}

function refusal(peer: Address, why: string): SocketError {
  return new SocketError('sendto', 'EPERM', peer, `this sender is not answered: ${why}`);
}
