import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Address } from '../../src/socket/Address';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import { readTcpSockets, TIME_WAIT } from '../../src/socket/socketTable';
import type { Deadline } from './Deadline';
import { Probe } from './Probe';

const TAKE_OVER_MS = 500;

/** A server that the kit plays for a client. */
export class Host implements AsyncDisposable {
  readonly #welcoming = new ListeningSocket();
  readonly #peers: Address[] = [];

  private constructor(private readonly deadline: Deadline) {}

  /** @throws SocketError when the address can't be used. */
  static async open(address: Address, deadline: Deadline): Promise<Host> {
    const host = new Host(deadline);
    host.#welcoming.bind(address);
    await host.#welcoming.listen();
    return host;
  }

  /** The next client; undefined when none comes within this many ms. */
  async client(ms: number): Promise<Probe | undefined> {
    const patience = this.deadline.limit(ms);
    const came = this.#welcoming.accept().then(
      (socket) => {
        if (socket.peer) this.#peers.push(socket.peer);
        return new Probe(socket, this.deadline);
      },
      () => undefined, // closed meanwhile
    );
    return Promise.race([came, setTimeout(patience, undefined, { ref: false })]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Closes, and leaves no closed connection that would hold the port for a minute. */
  async close(): Promise<void> {
    const { local } = this.#welcoming;
    if (isHeld(local.port)) await Promise.all(this.#peers.map((peer) => takeOver(peer, local)));
    await this.#welcoming.close();
  }
}

function isHeld(port: number): boolean {
  return readTcpSockets(port).some(({ state }) => state === TIME_WAIT);
}

/**
 * Connects again from the address of a client that is gone: that replaces the closed connection, which waits
 * here (TIME-WAIT, RFC 9293 section 3.6.1), and a reset ends it.
 */
function takeOver(client: Address, server: Address): Promise<void> {
  const socket = connect({
    ...server,
    localAddress: client.host,
    localPort: client.port,
    timeout: TAKE_OVER_MS,
  });
  return new Promise((resolve) => {
    socket.once('connect', () => socket.resetAndDestroy());
    socket.once('timeout', () => socket.destroy());
    socket.once('error', () => undefined); // another program has that port by now
    socket.once('close', () => {
      resolve();
    });
  });
}
