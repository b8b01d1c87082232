import * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Address } from './Address';
import { Socket } from './Socket';
import { SocketError } from './SocketError';

/** How many connections may wait for `accept`, unless `listen` is told otherwise (Node's default). */
const BACKLOG = 511;

interface Accepter {
  resolve(client: Socket): void;
  reject(error: SocketError): void;
}

/**
 * The welcoming socket of a server. Slide "Socket Programming: APIs": socket, bind, listen, accept,
 * close. It carries no data itself: `accept()` gives a new `Socket` for each client.
 */
export class ListeningSocket implements AsyncDisposable {
  // Half-open: a client that has sent its end of file still gets every reply.
  readonly #server = net.createServer({ allowHalfOpen: true, noDelay: true });
  readonly #arrived: Socket[] = [];
  #backlog = BACKLOG;
  #welcomed = 0;
  #accepter: Accepter | undefined;
  #address: Address | undefined;
  #closed = false;

  /** @param maxConnections with that many open, one more is closed as soon as it is there. */
  constructor(maxConnections = Infinity) {
    if (maxConnections < Infinity) this.#server.maxConnections = maxConnections;
    this.#server.on('connection', (wire) => {
      this.#welcome(wire);
    });
    this.#server.on('drop', () => {
      this.#refuse('ECONNABORTED', `${maxConnections} connections are open, and no more are taken`);
    });
  }

  /** The address it listens on, with the real port if 0 was asked for (POSIX `getsockname`). */
  get local(): Address {
    if (!this.#address) throw new SocketError('bind', 'EINVAL', undefined, 'bind() comes first');
    return this.#address;
  }

  /**
   * Says which address to listen on. Node binds and listens in one step, so an address that can't
   * be had (a taken port) is noticed by `listen`; the error says `bind`, where POSIX reports it.
   */
  bind(address: Address): void {
    this.#address = address;
  }

  /**
   * Opens the port. From here on clients can connect; at most `backlog` wait for `accept`.
   * @throws SocketError when the port is taken or reserved, or the host is not this machine's.
   */
  listen(backlog = BACKLOG): Promise<void> {
    const { host, port } = this.local;
    this.#backlog = backlog;
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        reject(SocketError.from('bind', error, this.#address));
      };
      this.#server.once('error', fail);
      this.#server.listen({ host, port, backlog }, () => {
        this.#server.off('error', fail);
        this.#server.on('error', (error: NodeJS.ErrnoException) => {
          this.#refuse(error.code ?? 'EUNKNOWN');
        });
        const bound = this.#server.address() as net.AddressInfo;
        this.#address = { host: bound.address, port: bound.port };
        resolve();
      });
    });
  }

  /**
   * Waits for the next client and gives the new socket that talks with it.
   * @throws SocketError when a client could not be taken (the next call may succeed), or when this
   * socket is closed (`EBADF`).
   */
  accept(): Promise<Socket> {
    const client = this.#arrived.shift();
    if (client) return Promise.resolve(client);
    return new Promise((resolve, reject) => {
      this.#accepter = { resolve, reject };
      if (this.#closed) this.#refuse('EBADF');
    });
  }

  /**
   * Waits until everybody whom the kernel has connected so far has been accepted. These are no more
   * than a backlog, so this ends however many others come.
   */
  async allAccepted(): Promise<void> {
    for (let waiting = this.#backlog; waiting > 0; waiting--) {
      const before = this.#welcomed;
      // Two turns of the event loop: the first may have looked at this socket already.
      await setImmediate();
      await setImmediate();
      if (this.#welcomed === before) return;
    }
  }

  /** Gives the port back. Connections that were accepted go on; those that still waited are cut. */
  close(): Promise<void> {
    this.#closed = true;
    this.#server.close();
    for (const client of this.#arrived.splice(0)) client.abort();
    this.#refuse('EBADF');
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #welcome(wire: net.Socket): void {
    this.#welcomed += 1;
    if (this.#accepter) {
      this.#accepter.resolve(new Socket(wire));
      this.#accepter = undefined;
    } else if (this.#arrived.length < this.#backlog) {
      this.#arrived.push(new Socket(wire));
    } else {
      wire.destroy();
    }
  }

  #refuse(code: string, reason?: string): void {
    this.#accepter?.reject(new SocketError('accept', code, this.#address, reason));
    this.#accepter = undefined;
  }
}
