import type { Address } from '../socket/Address';
import { withoutErrors } from '../socket/ServerReport';
import { SocketError } from '../socket/SocketError';
import { codeOf } from '../text/errno';
import { type Datagram, DatagramSocket } from './DatagramSocket';
import { PeerLimit } from './PeerLimit';

/** What a server has to tell whoever runs it. An error in it harms nobody. */
export interface DatagramReport {
  /** A datagram has come, and will be answered. */
  received?(datagram: Datagram): unknown;
  /** A datagram could not be received, or not be answered. The server goes on. */
  problem?(error: unknown): unknown;
}

/**
 * A UDP server. Beside `SocketServer` its life line is short: no `listen` and no `accept`, since
 * nobody connects; one socket for all clients, and with each datagram the address to answer to.
 *
 * To write one, extend this class and say in `answer` what goes back.
 */
export abstract class DatagramServer {
  #socket: DatagramSocket | undefined;
  #report = harmless({});
  readonly #limit = new PeerLimit();
  #isStopped = false;

  /** Answers one datagram, with `socket.sendto(..., peer)`. */
  protected abstract answer(datagram: Datagram, socket: DatagramSocket): Promise<void>;

  /**
   * Starts to serve. Resolves with the address that datagrams reach it at from now on, which has the
   * real port if `address` said 0.
   * @throws SocketError when the address can't be had (it may be tried again), and Error when this
   * server was started or stopped before.
   */
  async start(
    address: Address,
    { report = {} }: { report?: DatagramReport } = {},
  ): Promise<Address> {
    if (this.#isStopped) throw new Error('start() after stop(): a server is started once');
    if (this.#socket) throw new Error('start() again: a server is started once');
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

  /** Gives the port back immediately: there is no connection that could be drained. Never rejects. */
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
        // One that can't be answered is its sender's trouble: the server goes on.
        if (codeOf(error) !== 'EBADF') this.#report.problem(error);
      }
    }
  }
}

/** The same report, whose own errors harm nobody. */
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

const TOO_MANY = 'it goes on without a pause, as a server does that answers our answers';
const RESERVED = 1024;
const GROUP = /^(22[4-9]|23\d)\.|^255\.255\.255\.255$|^ff/i;

/**
 * Anybody can write any sender into a datagram, and the answer goes there. Two servers that answer
 * each other come to an end only by `PeerLimit`, and a group would be flooded, as OpenBSD's inetd knows.
 * @throws SocketError when this sender is not to be answered.
 */
export function refuse(peer: Address, local: Address): void {
  if (peer.port < RESERVED) throw refusal(peer, 'its port is below 1024, a server of the system');
  if (peer.port === local.port) throw refusal(peer, 'its port is our own: such a server, or we');
  if (GROUP.test(peer.host)) throw refusal(peer, 'it is a group, not one host');
}

function refusal(peer: Address, why: string): SocketError {
  return new SocketError('sendto', 'EPERM', peer, `this sender is not answered: ${why}`);
}
