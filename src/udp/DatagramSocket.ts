import * as dgram from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { type Address, isPort } from '../socket/Address';
import { isBytes, notBytes } from '../socket/bytes';
import { call, created } from '../socket/calls';
import { type SocketCall, SocketError } from '../socket/SocketError';
import { codeOf, explain } from '../text/errno';

/** At most this much is kept unread in our memory; further datagrams are dropped, as UDP allows. */
const MOST_DATAGRAMS = 256;
const MOST_BYTES = 1024 * 1024;

/** One datagram, and the socket that sent it. */
export interface Datagram {
  readonly data: Buffer;
  readonly peer: Address;
}

export interface DatagramOptions {
  /** Several sockets may bind one port (`SO_REUSEADDR`); the receivers of a group need that. */
  readonly reuseAddr?: boolean;
  /** Bytes that the system keeps for this socket (`SO_RCVBUF`); Linux doubles the number. */
  readonly recvBufferSize?: number;
}

/** A call that waits for a datagram. */
interface Receiver {
  readonly resolve: (datagram: Datagram) => void;
  readonly reject: (error: SocketError) => void;
}

/**
 * An end-point for datagrams. Slide "Client/Server Communication", its UDP side: no connection, so
 * no `listen`, no `accept` and no end of file, but an address with every datagram. The calls are
 * POSIX's and Python's: `socket` (`new DatagramSocket()`), `bind`, `sendto`, `recvfrom`, `close`.
 */
export class DatagramSocket implements AsyncDisposable {
  readonly #options: DatagramOptions;
  #socket: dgram.Socket | undefined;
  #connectedTo: Address | undefined;
  readonly #unread: Datagram[] = [];
  #unreadBytes = 0;
  #dropped = 0;
  #failure: SocketError | undefined;
  #receiver: Receiver | undefined;
  /** Ends the calls that wait: Node does not end them when a socket closes. */
  readonly #cancel = new Set<() => void>();
  #closed: Promise<void> | undefined;

  constructor(options: DatagramOptions = {}) {
    this.#options = options;
    created(this);
  }

  /** This end's address (POSIX `getsockname`): known after `bind`, and after the first `sendto`. */
  get local(): Address | undefined {
    if (this.#closed) return undefined;
    try {
      const { address: host, port } = this.#socket?.address() ?? {};
      return host === undefined || port === undefined ? undefined : { host, port };
    } catch {
      return undefined; // not bound yet
    }
  }

  /** How many datagrams wait for `recvfrom`. */
  get unread(): number {
    return this.#unread.length;
  }

  /** How many datagrams were dropped because no `recvfrom` took them. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Takes a port, so that others can reach it; port 0 means any free one. A client doesn't need it: its first
   * `sendto` takes a port.
   * @throws SocketError when the port is in use or reserved, or the host is not an address of this machine;
   * when this socket is already bound (`EINVAL`) or closed (`EBADF`).
   */
  @call
  async bind(address: Address): Promise<void> {
    if (this.#closed) throw this.#error('bind', 'EBADF', address);
    if (this.#socket) throw this.#error('bind', 'EINVAL', address);
    if (!isPort(address.port)) throw this.#error('bind', 'ERANGE', address);
    const socket = await this.#open('bind', address);
    await this.#done('bind', address, (done) => {
      socket.once('error', done);
      socket.bind(address.port, address.host, () => {
        socket.off('error', done);
        done();
      });
    });
  }

  /**
   * Unlike TCP's `connect`, this sends nothing: it only sets the peer of this socket. Datagrams from others
   * are then not received, and errors that the peer's system reports (no program has that port) make `sendto`
   * or `recvfrom` fail. POSIX `connect` of a datagram socket.
   * @throws SocketError when the host can't be found, and when this socket is in use or closed.
   */
  @call
  async connect(peer: Address): Promise<void> {
    if (this.#closed) throw this.#error('connect', 'EBADF', peer);
    if (this.#socket) throw this.#error('connect', 'EISCONN', peer);
    if (!isPort(peer.port) || peer.port === 0) throw this.#error('connect', 'ERANGE', peer);
    const socket = await this.#open('connect', peer);
    await this.#done('connect', peer, (done) => {
      socket.connect(peer.port, peer.host, done);
    });
    this.#connectedTo = peer;
  }

  /**
   * Sends one datagram, even an empty one. Resolves when the system has taken it; it may still get lost.
   * @throws SocketError when it is longer than a datagram can be (`EMSGSIZE`: 65,507 bytes over IPv4, 9,216
   * on macOS), when the system refuses to send it, when this socket is closed (`EBADF`), and when `data` is
   * not bytes (`EINVAL`).
   */
  @call
  async sendto(data: Uint8Array, peer: Address): Promise<void> {
    if (!isBytes(data)) throw notBytes('sendto', data, peer);
    if (!isPort(peer.port) || peer.port === 0) throw this.#error('sendto', 'ERANGE', peer);
    if (this.#connectedTo && !isSame(this.#connectedTo, peer))
      throw this.#error('sendto', 'EISCONN', peer);
    if (this.#closed) throw this.#error('sendto', 'EBADF', peer);
    const socket = this.#socket ?? (await this.#open('sendto', peer));
    await this.#done('sendto', peer, (done) => {
      if (this.#connectedTo) socket.send(data, done);
      else socket.send(data, peer.port, peer.host, done);
    });
  }

  /**
   * Waits for one datagram: exactly what one `sendto` sent, never a part of it, and never two together.
   * @throws SocketError when this socket has no port yet (`EINVAL`), is closed, even while waiting (`EBADF`),
   * when another call already waits (`EALREADY`), and when the system reports an error of an earlier datagram
   * (`ECONNREFUSED`).
   */
  @call
  recvfrom(): Promise<Datagram> {
    const datagram = this.#unread.shift();
    if (datagram) {
      this.#unreadBytes -= datagram.data.length;
      return Promise.resolve(datagram);
    }
    const failure = this.#failure ?? this.#whyNotReceive();
    this.#failure = undefined;
    if (failure) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      this.#receiver = { resolve, reject };
    });
  }

  /**
   * Closes the port. Datagrams that no `recvfrom` took are lost. Never rejects. @param reason replaces "the
   * socket is closed" in the error of a `recvfrom` that waits.
   */
  @call
  close(reason?: SocketError): Promise<void> {
    this.#receiver?.reject(reason ?? this.#error('recvfrom', 'EBADF'));
    this.#receiver = undefined;
    for (const cancel of this.#cancel) cancel();
    this.#closed ??= new Promise((resolve) => {
      if (this.#socket) this.#socket.close(resolve);
      else resolve();
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Allows sending to a broadcast address: one `sendto` reaches all hosts of a network (`SO_BROADCAST`). */
  allowBroadcast(): void {
    this.#bound().setBroadcast(true);
  }

  /** Joins a group (`IP_ADD_MEMBERSHIP`) on the interface with this host, to receive its datagrams, too. */
  join(group: string, host: string): void {
    this.#bound().addMembership(group, host);
  }

  /**
   * Sends to groups only through the interface with this host, and never to other machines
   * (`IP_MULTICAST_IF`, and `IP_MULTICAST_TTL` 0). Call it before the first `sendto`.
   * @throws Error where the runtime refuses a TTL of 0, as Bun does.
   */
  keepGroupsOn(host: string): void {
    const socket = this.#bound();
    try {
      socket.setMulticastTTL(0);
    } catch (error) {
      const why =
        'it refuses IP_MULTICAST_TTL 0, and with any other TTL the datagrams leave the machine';
      throw new Error(`this runtime can't keep a group on this machine: ${why}`, { cause: error });
    }
    socket.setMulticastInterface(host);
  }

  /** A socket of node:dgram, of the same address family as this host. */
  async #open(call: SocketCall, address: Address): Promise<dgram.Socket> {
    const family = await familyOf(address.host).catch((error: unknown) => {
      throw SocketError.from(call, error, address);
    });
    if (this.#closed) throw this.#error(call, 'EBADF', address);
    this.#socket ??= this.#create(family === 6 ? 'udp6' : 'udp4');
    return this.#socket;
  }

  #create(type: dgram.SocketType): dgram.Socket {
    const socket = dgram.createSocket({ type, ...this.#options });
    socket.on('message', (data, { address: host, port }) => {
      this.#arrived({ data, peer: { host, port } });
    });
    socket.on('error', (error) => {
      this.#failed(SocketError.from('recvfrom', error, this.#connectedTo ?? this.local));
    });
    return socket;
  }

  /** Waits until a call of node:dgram is done, or this socket is closed. */
  #done(
    call: SocketCall,
    address: Address,
    begin: (done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = () => {
        reject(this.#error(call, 'EBADF', address));
      };
      this.#cancel.add(cancel);
      begin((error) => {
        this.#cancel.delete(cancel);
        if (error) reject(failure(call, error, address));
        else resolve();
      });
    });
  }

  #arrived(datagram: Datagram): void {
    const { length } = datagram.data;
    if (this.#receiver) {
      this.#receiver.resolve(datagram);
      this.#receiver = undefined;
    } else if (this.#unread.length < MOST_DATAGRAMS && this.#unreadBytes + length <= MOST_BYTES) {
      this.#unread.push(datagram);
      this.#unreadBytes += length;
    } else {
      this.#dropped += 1;
    }
  }

  #failed(failure: SocketError): void {
    if (this.#receiver) this.#receiver.reject(failure);
    else this.#failure = failure;
    this.#receiver = undefined;
  }

  #whyNotReceive(): SocketError | undefined {
    if (this.#closed) return this.#error('recvfrom', 'EBADF');
    if (this.#receiver) return this.#error('recvfrom', 'EALREADY');
    if (!this.#socket) return this.#error('recvfrom', 'EINVAL');
    return undefined;
  }

  /** The socket to set an option on. Node creates the system's socket in `bind`, so call that first. */
  #bound(): dgram.Socket {
    if (this.#socket && this.local) return this.#socket;
    throw this.#error('setsockopt', this.#closed ? 'EBADF' : 'EINVAL');
  }

  #error(call: SocketCall, code: string, address = this.#connectedTo ?? this.local): SocketError {
    return new SocketError(call, code, address);
  }
}

/** 4 or 6. For a host with both it is 4, because our servers use 127.0.0.1 by default. */
async function familyOf(host: string): Promise<number> {
  const { family } = await lookup(host, { order: 'ipv4first' });
  return family;
}

/** An error whose message says "UDP port": TCP's port with the same number is a different one. */
function failure(call: SocketCall, error: Error, address: Address): SocketError {
  const reason = explain(call, error, { ...address, protocol: 'UDP' });
  return new SocketError(call, codeOf(error) ?? 'EUNKNOWN', address, reason, { cause: error });
}

function isSame(one: Address, other: Address): boolean {
  return one.host === other.host && one.port === other.port;
}
