import type * as net from 'node:net';
import { type Address, isPort } from './Address';
import { isBytes, notBytes } from './bytes';
import { call, created } from './calls';
import { later } from './later';
import { SocketError } from './SocketError';
import { UnexpectedReply } from './UnexpectedReply';
import { Wire } from './Wire';

/**
 * One end of a TCP connection. Slide "Socket Programming: APIs": socket, connect, send, recv, close.
 *
 * `new Socket()` is the slide's `socket()`: an end that is not connected yet. A server gets its
 * connected ones from `ListeningSocket.accept()`. `await using s = new Socket()` closes it at the
 * end of the block, as Python's `with` does.
 */
export class Socket implements AsyncDisposable {
  #wire: Wire;
  #state: 'new' | 'connecting' | 'connected';
  #closed: Promise<void> | undefined;
  #forgetDeadline: (() => void) | undefined;

  /** @param stream a connection that exists already; only `ListeningSocket` passes one. */
  constructor(stream?: net.Socket) {
    this.#wire = new Wire(stream);
    this.#state = stream ? 'connected' : 'new';
    if (!stream) created(this);
  }

  /** This end's address, once connected (POSIX `getsockname`). */
  get local(): Address | undefined {
    return this.#wire.local;
  }

  /** The other end's address, once connected; it stays after the end (POSIX `getpeername`). */
  get peer(): Address | undefined {
    return this.#wire.peer;
  }

  /**
   * Opens the connection to a server. After a failure you can try again with the same socket.
   * @throws SocketError when the server does not answer, refuses, or can't be found; when this socket is
   * closed (`EBADF`), connected (`EISCONN`) or connecting (`EALREADY`).
   */
  @call
  async connect(address: Address): Promise<void> {
    if (this.#closed) throw new SocketError('connect', 'EBADF', address);
    if (this.#state === 'connecting') throw new SocketError('connect', 'EALREADY', address);
    if (this.#state === 'connected') throw new SocketError('connect', 'EISCONN', address);
    if (!isPort(address.port)) throw new SocketError('connect', 'ERANGE', address);
    if (this.#wire.isUsedUp) this.#wire = new Wire();
    this.#state = 'connecting';
    try {
      await this.#wire.connect(address);
      this.#state = 'connected';
    } catch (error) {
      this.#state = 'new';
      throw error;
    }
  }

  /**
   * Sends all of `data` (Python's `sendall`), and waits while the peer's window is full. Don't change `data`
   * afterwards.
   * @throws SocketError when the connection breaks before all of it was passed to the system, when this side
   * has sent its end of file (`EPIPE`), and when `data` is not bytes (`EINVAL`).
   */
  @call
  sendall(data: Uint8Array): Promise<void> {
    if (!isBytes(data)) return Promise.reject(notBytes('sendall', data, this.peer));
    if (this.#wire.canSend) return this.#wire.send(data);
    return Promise.reject(this.#whyNotSend());
  }

  /**
   * Waits for bytes and returns at most `size` of them; TCP decides how many come together. Returns an empty
   * Buffer at end of file, and again after that. Bytes that came before an error are returned before the
   * error is thrown.
   * @throws SocketError when the connection is broken or closed on this side, when another call already waits
   * (`EALREADY`), and when `size` is not a whole number from 1 (`EINVAL`).
   */
  @call
  recv(size: number): Promise<Buffer> {
    if (!isSize(size)) return Promise.reject(this.#noSize(size));
    if (this.#closed) return Promise.reject(new SocketError('recv', 'EBADF', this.peer));
    return this.#wire.receive(size);
  }

  /**
   * For clients: waits until `size` bytes have come, and returns them all (POSIX `MSG_WAITALL`). One `recv`
   * may return only a part.
   * @throws UnexpectedReply when end of file comes first, and SocketError as `recv` does (but a size of 0
   * doesn't wait).
   */
  async recvall(size: number): Promise<Buffer> {
    if (!isSize(size) && size !== 0) throw this.#noSize(size);
    const parts: Buffer[] = [];
    for (let missing = size; missing > 0;) {
      const data = await this.recv(missing);
      if (data.length === 0)
        throw new UnexpectedReply(
          'closed the connection before everything had come back',
          this.peer,
          'EOF',
        );
      parts.push(data);
      missing -= data.length;
    }
    return Buffer.concat(parts);
  }

  /**
   * Waits at most `ms` milliseconds until `recv` would not have to wait (POSIX `poll`): true when bytes, end
   * of file or an error are there, false when the time is up.
   * @throws SocketError when another call already waits (`EALREADY`).
   */
  poll(ms: number): Promise<boolean> {
    return this.#wire.poll(ms);
  }

  /** Sends end of file: this side sends nothing more, but still receives (half-close, `SHUT_WR`). */
  @call
  shutdown(): void {
    this.#wire.end();
  }

  /** Breaks the connection if it is not closed within `ms` milliseconds. A new call restarts the time. */
  breakAfter(ms: number): void {
    this.#forgetDeadline?.();
    this.#forgetDeadline = later(ms, () => {
      const reason = `no answer in time: it took longer than ${ms / 1000} s`;
      this.abort(new SocketError('recv', 'ETIMEDOUT', this.peer, reason));
    });
  }

  /**
   * Breaks the connection when no byte was received or sent for `ms` milliseconds. Bytes that already wait in
   * the kernel for a slow reader don't count as traffic.
   */
  breakAfterSilence(ms: number): void {
    this.#wire.whenSilent(ms, () => {
      const reason = `no answer in time: nothing was sent or received for ${ms / 1000} s`;
      this.abort(new SocketError('recv', 'ETIMEDOUT', this.peer, reason));
    });
  }

  /** From now on, `ms` milliseconds of silence count as the peer's end of file. */
  endAfterSilence(ms: number): void {
    this.#wire.endAfterSilence(ms);
  }

  /**
   * Sends the remaining bytes and end of file, then closes. Resolves when the connection is gone, and never
   * rejects. Bytes that still come from the peer are discarded. A peer that is silent and does not close its
   * side is cut off after a second. A peer that never reads keeps `close` waiting: `abort` or `breakAfter`
   * ends that.
   */
  @call
  close(): Promise<void> {
    this.#closed ??= this.#wire.close().then(() => this.#forgetDeadline?.());
    return this.#closed;
  }

  /**
   * Cuts the connection immediately. Bytes that Node still holds are lost; bytes that the system already has
   * are sent, and then end of file. `reset` is what RFC 9293 calls ABORT.
   * @param reason replaces "the socket is closed" in the error of a call that waits.
   */
  abort(reason?: SocketError): void {
    this.#wire.destroy(reason);
  }

  /**
   * Cuts it with a reset: the peer's next call fails (RFC 9293 section 3.10.5, ABORT). After `shutdown` the
   * reset follows the end of file. While bytes before that are still unsent, it only cuts.
   */
  @call
  reset(): void {
    this.#wire.reset();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #noSize(size: number): SocketError {
    const reason = `a size is a whole number of bytes from 1, not ${size}`;
    return new SocketError('recv', 'EINVAL', this.peer, reason);
  }

  #whyNotSend(): SocketError {
    if (this.#wire.isOpen && !this.#closed) {
      const reason = 'this side has sent its end of file: shutdown() was called';
      return new SocketError('sendall', 'EPIPE', this.peer, reason);
    }
    return this.#wire.error('sendall');
  }
}

function isSize(size: number): boolean {
  return Number.isInteger(size) && size >= 1;
}
