import * as net from 'node:net';
import type { Address } from './Address';
import { type SocketCall, SocketError } from './SocketError';

const NOTHING = Buffer.alloc(0);
const DONE = Promise.resolve();

/** Somebody who waits in `recv` for bytes, end of file or an error. */
interface Receiver {
  /** The most bytes it takes; 0 for `poll`, which takes none. */
  readonly size: number;
  readonly resolve: (data: Buffer) => void;
  readonly reject: (error: SocketError) => void;
}

/** Somebody who waits in `sendall` until the peer's window has room again. */
interface Sender {
  readonly resolve: () => void;
  readonly reject: (error: SocketError) => void;
}

const owner = Symbol('Socket');
type Wire = net.Socket & { [owner]: Socket };

/**
 * One end of a TCP connection. Slide "Socket Programming: APIs": socket, connect, send, recv, close.
 *
 * `new Socket()` is the slide's `socket()`: an end that is not connected yet. A server gets its
 * connected ones from `ListeningSocket.accept()`. `await using s = new Socket()` closes it at the
 * end of the block, as Python's `with` does.
 */
export class Socket implements AsyncDisposable {
  #wire: Wire;
  #peer: Address | undefined;
  /** The one chunk that came while nobody waited. While it lies here, nothing more is read. */
  #unread: Buffer = NOTHING;
  #receiver: Receiver | undefined;
  #senders: Sender[] = [];
  #canSend: boolean;
  #ended = false;
  #failure: SocketError | undefined;
  /** The address that `connect` is waiting for. */
  #connecting: Address | undefined;
  #timeout = 0;
  /** Bytes in both directions when `watchSilence` last looked. */
  #moved = -1;
  #isWatched = false;
  #patience: number | undefined;
  #silence: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /** @param wire a connection that is already there; only `ListeningSocket` has one to give. */
  constructor(wire?: net.Socket) {
    this.#wire = this.#attach(wire ?? newWire());
    this.#canSend = wire !== undefined;
    // Later would be too late: the system forgets the peer of a connection that is reset.
    if (wire) this.#peer = peerOf(wire);
  }

  /** This end's address, once connected (POSIX `getsockname`). */
  get local(): Address | undefined {
    const { localAddress: host, localPort: port } = this.#wire;
    return host === undefined || port === undefined ? undefined : { host, port };
  }

  /** The other end's address, once connected, and also after that (POSIX `getpeername`). */
  get peer(): Address | undefined {
    this.#peer ??= peerOf(this.#wire);
    return this.#peer;
  }

  /**
   * Opens the connection to a server. After a failure it may be tried again on the same socket.
   * @throws SocketError when the server does not answer, refuses, or can't be found.
   */
  connect(address: Address): Promise<void> {
    if (this.#closed) return Promise.reject(new SocketError('connect', 'EBADF', address));
    if (this.#wire.destroyed) this.#wire = this.#attach(newWire());
    this.#failure = undefined;
    this.#connecting = address;
    const wire = this.#wire;
    wire.setNoDelay(true);
    wire.setTimeout(this.#timeout);
    return new Promise((resolve, reject) => {
      wire.once('connect', () => {
        this.#connecting = undefined;
        this.#canSend = true;
        resolve();
      });
      wire.once('close', () => {
        reject(this.#failure ?? new SocketError('connect', 'EBADF', address));
      });
      wire.connect({ host: address.host, port: address.port });
    });
  }

  /**
   * Hands over all of `data`, which must not be changed afterwards, and waits while the peer's
   * window is full (Python's `sendall`).
   * @throws SocketError when the connection breaks before all of it was handed over.
   */
  sendall(data: Uint8Array): Promise<void> {
    const wire = this.#wire;
    if (!this.#canSend) return Promise.reject(this.#whyNot('sendall'));
    if (wire.write(data)) return DONE;
    // Who can't get rid of its bytes need not get more of them: the peer's window may fill up, too.
    if (!this.#receiver) wire.pause();
    return new Promise((resolve, reject) => {
      this.#senders.push({ resolve, reject });
    });
  }

  /**
   * Waits for bytes and gives at most `size` of them; how many come at once is TCP's choice. Empty
   * at end of file, and again empty after that. What came before an error is given before it.
   * @throws SocketError when the connection is broken, closed on this side, or silent for too long.
   */
  recv(size: number): Promise<Buffer> {
    if (this.#unread.length > 0) return Promise.resolve(this.#takeUnread(size));
    if (this.#ended) return Promise.resolve(NOTHING);
    return this.#wait(size);
  }

  /**
   * Waits until `size` bytes have come, and gives them all (`MSG_WAITALL`): one `recv` may bring part.
   * @throws SocketError as `recv` does, and with the code `EOF` when the peer hangs up before.
   */
  async recvall(size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = size; missing > 0;) {
      const data = await this.recv(missing);
      if (data.length === 0) throw new SocketError('recv', 'EOF', this.peer);
      parts.push(data);
      missing -= data.length;
    }
    return Buffer.concat(parts);
  }

  /**
   * Waits at most `ms` milliseconds until `recv` would not have to wait (POSIX `poll`): true when
   * bytes, end of file or an error are there, false when the time is up.
   */
  poll(ms: number): Promise<boolean> {
    if (this.#unread.length > 0 || this.#ended || this.#wire.destroyed)
      return Promise.resolve(true);
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#receiver = undefined;
        resolve(false);
      }, ms);
      const ready = () => {
        clearTimeout(late);
        resolve(true);
      };
      this.#wait(0).then(ready, ready);
    });
  }

  /** Sends end of file: this side has said all, but still receives (half-close, `SHUT_WR`). */
  shutdown(): void {
    this.#canSend = false;
    this.#wire.end();
  }

  /** When nothing has moved in either direction for `ms` milliseconds, the connection breaks; 0: never. */
  settimeout(ms: number): void {
    this.#timeout = ms;
    this.#wire.setTimeout(ms);
  }

  /**
   * The same for a server's many connections, called four times in `ms` milliseconds: only where
   * nothing has moved since the last call does Node's timer run. It would otherwise be set anew for
   * each read and write, which made an echo cost 4 % more.
   */
  watchSilence(ms: number): void {
    const moved = this.#wire.bytesRead + this.#wire.bytesWritten;
    const isSilent = moved === this.#moved;
    this.#moved = moved;
    if (isSilent === this.#isWatched) return;
    this.#isWatched = isSilent;
    this.#timeout = ms;
    this.#wire.setTimeout(isSilent ? ms * 0.75 : 0);
  }

  /** From now on, `ms` milliseconds of silence count as the peer's end of file. */
  drain(ms: number): void {
    this.#patience = ms;
    if (this.#receiver) this.#endAfterSilence(ms);
  }

  /** Sends what is still owed, then closes. Resolves when the connection is gone; never rejects. */
  close(): Promise<void> {
    this.#canSend = false;
    this.#closed ??= new Promise((resolve) => {
      const wire = this.#wire;
      if (wire.closed) {
        resolve();
        return;
      }
      wire.once('close', () => {
        resolve();
      });
      if (wire.pending) wire.destroy();
      else wire.destroySoon();
    });
    return this.#closed;
  }

  /** Cuts the connection at once: what is still owed is lost (RFC 9293 section 3.10.5, ABORT). */
  abort(): void {
    this.#wire.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #takeUnread(size: number): Buffer {
    const data = this.#unread.subarray(0, size);
    this.#unread = this.#unread.subarray(size);
    return data;
  }

  #wait(size: number): Promise<Buffer> {
    if (this.#receiver)
      throw new Error('somebody already waits in recv() or poll() of this socket');
    if (this.#failure ?? this.#wire.pending) return Promise.reject(this.#whyNot('recv'));
    if (this.#patience !== undefined) this.#endAfterSilence(this.#patience);
    if (this.#wire.isPaused()) this.#wire.resume();
    return new Promise((resolve, reject) => {
      this.#receiver = { size, resolve, reject };
    });
  }

  /** Bytes, or with none of them end of file, reach whoever waits; what nobody wants is kept. */
  #deliver(data: Buffer): void {
    if (this.#ended) return;
    if (data.length === 0) this.#ended = true;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (receiver && data.length <= receiver.size) {
      receiver.resolve(data);
      return;
    }
    this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
    this.#wire.pause();
    receiver?.resolve(this.#takeUnread(receiver.size));
  }

  #fail(error: SocketError): void {
    this.#failure ??= error;
    this.#canSend = false;
    // Node drops its 'data' events on an error, but not the bytes: they were received before it.
    const rest = this.#wire.read() as Buffer | null;
    if (rest) this.#deliver(rest);
    this.#receiver?.reject(this.#failure);
    this.#receiver = undefined;
    for (const sender of this.#senders.splice(0)) sender.reject(this.#failure);
  }

  #endAfterSilence(ms: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      if (this.#receiver) this.#deliver(NOTHING);
    }, ms);
  }

  #whyNot(call: 'sendall' | 'recv'): SocketError {
    if (this.#failure) return this.#failure;
    if (this.#closed || this.#wire.destroyed) return new SocketError(call, 'EBADF', this.peer);
    return new SocketError(call, this.#wire.pending ? 'ENOTCONN' : 'EPIPE', this.peer);
  }

  /** Listeners shared by all sockets: a set of closures for each connection would cost memory. */
  #attach(bare: net.Socket): Wire {
    const wire = Object.assign(bare, { [owner]: this });
    wire.on('data', Socket.#onData);
    wire.on('end', Socket.#onEnd);
    wire.on('drain', Socket.#onDrain);
    wire.on('timeout', Socket.#onTimeout);
    wire.on('error', Socket.#onError);
    wire.on('close', Socket.#onClose);
    return wire;
  }

  static #onData(this: Wire, chunk: Buffer): void {
    this[owner].#deliver(chunk);
  }

  static #onEnd(this: Wire): void {
    this[owner].#deliver(NOTHING);
  }

  static #onDrain(this: Wire): void {
    for (const sender of this[owner].#senders.splice(0)) sender.resolve();
  }

  static #onTimeout(this: Wire): void {
    const socket = this[owner];
    const seconds = socket.#timeout / 1000;
    const { call, address } = socket.#underWay();
    const reason = `no answer in time: nothing came or went for ${seconds} s`;
    this.destroy(new SocketError(call, 'ETIMEDOUT', address, reason));
  }

  static #onError(this: Wire, error: NodeJS.ErrnoException): void {
    const socket = this[owner];
    const { call, address } = socket.#underWay();
    socket.#fail(SocketError.from(error.syscall === 'write' ? 'sendall' : call, error, address));
  }

  static #onClose(this: Wire): void {
    const socket = this[owner];
    clearTimeout(socket.#silence);
    socket.#canSend = false;
    // No 'drain' comes after the last of what was owed.
    if (this.writableFinished) Socket.#onDrain.call(this);
    // Most connections close with nobody waiting, and an error is not for nothing.
    if (!socket.#receiver && socket.#senders.length === 0) return;
    const { call, address } = socket.#underWay();
    socket.#fail(new SocketError(call, 'EBADF', address));
  }

  #underWay(): { call: SocketCall; address: Address | undefined } {
    if (this.#connecting) return { call: 'connect', address: this.#connecting };
    return { call: this.#senders.length > 0 ? 'sendall' : 'recv', address: this.peer };
  }
}

function peerOf({ remoteAddress: host, remotePort: port }: net.Socket): Address | undefined {
  return host === undefined || port === undefined ? undefined : { host, port };
}

// Half-open: the peer's end of file must not end what we still owe it.
function newWire(): net.Socket {
  return new net.Socket({ allowHalfOpen: true });
}
