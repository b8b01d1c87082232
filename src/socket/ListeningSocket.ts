import * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type Address, isPort } from './Address';
import { codeOf } from '../text/errno';
import { call, created } from './calls';
import { Socket } from './Socket';
import { type SocketCall, SocketError } from './SocketError';
import { secondsInTimeWait } from './timeWait';

/**
 * The default backlog: how many connections may wait for `accept`. Linux allows at most `net.core.somaxconn`
 * (4,096). With Node's default of 511, the other clients of a large crowd only try again after a second.
 */
const BACKLOG = 4096;

export interface ListeningOptions {
  /** With this many open connections, each new one is closed immediately. */
  readonly maxConnections?: number;
  /** Called with the reason when a client could not be accepted; `accept` goes on waiting for the next. */
  readonly refused?: (error: SocketError) => unknown;
}

interface Accepter {
  readonly resolve: (client: Socket) => void;
  readonly reject: (error: SocketError) => void;
}

/**
 * The welcoming socket of a server. Slide "Socket Programming: APIs": socket, bind, listen, accept,
 * close. It carries no data itself: `accept()` gives a new `Socket` for each client.
 */
export class ListeningSocket implements AsyncDisposable {
  // Half-open: a client that has sent its end of file still gets every reply.
  readonly #server = net.createServer({ allowHalfOpen: true, noDelay: true });
  readonly #arrived: Socket[] = [];
  readonly #accepters: Accepter[] = [];
  #address: Address | undefined;
  #backlog = BACKLOG;
  #welcomed = 0;
  #opening: Promise<void> | undefined;
  #isClosed = false;

  constructor(private readonly options: ListeningOptions = {}) {
    created(this);
    const { maxConnections } = options;
    if (maxConnections !== undefined) this.#server.maxConnections = maxConnections;
    this.#server.on('connection', (stream) => {
      this.#welcome(stream);
    });
    this.#server.on('drop', () => {
      const open = maxConnections === 1 ? '1 connection is' : `${maxConnections} connections are`;
      const reason = `${open} open, and no more are accepted`;
      this.options.refused?.(new SocketError('accept', 'ECONNABORTED', this.#address, reason));
    });
  }

  /**
   * The address it listens on, with the real port if `bind` said 0 (POSIX `getsockname`).
   * @throws SocketError before `bind` (`EINVAL`).
   */
  get local(): Address {
    if (!this.#address) throw this.#error('listen', 'EINVAL');
    return this.#address;
  }

  /**
   * Sets the address to listen on. Node binds and listens in one step, so `listen` notices an address that
   * isn't available (a port in use). The error still says `bind`, because POSIX reports it there.
   * @throws SocketError when the port is not a number from 0 to 65535 (`ERANGE`), when this socket is already
   * bound (`EINVAL`) or closed (`EBADF`).
   */
  @call
  bind(address: Address): void {
    if (this.#isClosed) throw new SocketError('bind', 'EBADF', address);
    if (this.#address) throw new SocketError('bind', 'EINVAL', address);
    if (!isPort(address.port)) throw new SocketError('bind', 'ERANGE', address);
    this.#address = address;
  }

  /**
   * Opens the port. From here on clients can connect; at most `backlog` wait for `accept`.
   * @throws SocketError when the port is in use or reserved, or the host is not an address of this machine;
   * when `bind` has not been called (`EINVAL`), `listen` has (`EALREADY`), or this socket is closed.
   */
  @call
  async listen(backlog = BACKLOG): Promise<void> {
    if (this.#isClosed) throw this.#error('listen', 'EBADF');
    const { local } = this;
    if (this.#opening) throw this.#error('listen', 'EALREADY');
    this.#backlog = backlog;
    this.#opening = this.#open({ ...local, backlog });
    await this.#opening;
  }

  /**
   * Waits for the next client and gives the new socket that talks with it. The first caller that waits gets
   * the first client.
   * @throws SocketError when `listen` has not been called (`EINVAL`), and when this socket is closed, also
   * while waiting (`EBADF`).
   */
  @call
  accept(): Promise<Socket> {
    if (this.#isClosed) return Promise.reject(this.#error('accept', 'EBADF'));
    if (!this.#server.listening) return Promise.reject(this.#error('accept', 'EINVAL'));
    const client = this.#arrived.shift();
    if (client) return Promise.resolve(client);
    return new Promise((resolve, reject) => {
      this.#accepters.push({ resolve, reject });
    });
  }

  /**
   * Waits until all clients that the kernel has connected so far are accepted. There are at most `backlog` of
   * them, so this ends even if more clients keep coming.
   */
  async allAccepted(): Promise<void> {
    if (!this.#server.listening) return;
    for (let waiting = this.#backlog; waiting > 0; waiting--) {
      const before = this.#welcomed;
      // Two turns of the event loop: the first one may already be past this socket.
      await setImmediate();
      await setImmediate();
      if (this.#welcomed === before) return;
    }
  }

  /** Closes the port. Accepted connections go on; connections that still wait are reset. */
  @call
  async close(): Promise<void> {
    this.#isClosed = true;
    // A socket that is still opening its port closes it right after that.
    if (this.#server.listening) this.#server.close();
    for (const client of this.#arrived.splice(0)) client.reset();
    for (const accepter of this.#accepters.splice(0)) {
      accepter.reject(this.#error('accept', 'EBADF'));
    }
    await this.#opening?.catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(options: net.ListenOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        reject(this.#notBound(error));
      };
      this.#server.once('error', fail);
      this.#server.once('close', () => {
        reject(this.#error('listen', 'EBADF'));
      });
      this.#server.listen(options, () => {
        this.#server.off('error', fail);
        this.#server.on('error', (error: NodeJS.ErrnoException) => {
          this.options.refused?.(this.#error('accept', error.code ?? 'EUNKNOWN'));
        });
        const { address, port } = this.#server.address() as net.AddressInfo;
        this.#address = { host: address, port };
        if (this.#isClosed) this.#server.close();
        else resolve();
      });
    });
  }

  /** Explains a port that only closed connections hold: there is no other program to look for. */
  #notBound(error: Error): SocketError {
    const port = this.#address?.port ?? 0;
    const seconds = codeOf(error) === 'EADDRINUSE' ? secondsInTimeWait(port) : 0;
    if (seconds === 0) return SocketError.from('bind', error, this.#address);
    const reason = `port ${port} is held by a connection that is closed (TIME_WAIT), for ${seconds} s more: its server had closed first, and has no SO_REUSEADDR`;
    return new SocketError('bind', 'EADDRINUSE', this.#address, reason, { cause: error });
  }

  #welcome(stream: net.Socket): void {
    this.#welcomed += 1;
    const accepter = this.#accepters.shift();
    if (accepter) accepter.resolve(new Socket(stream));
    else if (this.#arrived.length < this.#backlog) this.#arrived.push(new Socket(stream));
    else stream.destroy();
  }

  #error(call: SocketCall, code: string): SocketError {
    return new SocketError(call, code, this.#address);
  }
}
