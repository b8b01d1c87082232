import { EventEmitter, once } from 'node:events';
import * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterwards } from './cleanUp';

const NEWLINE = 0x0a;

/** A client that sends given bytes, and keeps everything that it receives. */
export class BareClient {
  readonly #wire: net.Socket;
  readonly #parts: Buffer[] = [];
  readonly #news = new EventEmitter();
  #lines = 0;
  #ended = false;
  #closed = false;
  #error: Error | undefined;

  private constructor(port: number) {
    this.#wire = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    this.#wire.on('data', (data: Buffer) => {
      this.#parts.push(data);
      for (const byte of data) if (byte === NEWLINE) this.#lines += 1;
      this.#news.emit('news');
    });
    this.#wire.on('end', () => {
      this.#ended = true;
      this.#news.emit('news');
    });
    this.#wire.on('close', () => {
      this.#closed = true;
      this.#news.emit('news');
    });
    this.#wire.on('error', (error) => {
      this.#error = error;
      this.#news.emit('news');
    });
  }

  /** Connects to a port of this machine. The connection is cut after the test. */
  static async connect(port: number): Promise<BareClient> {
    const client = await BareClient.passing(port);
    afterwards(() => {
      client.close();
    });
    return client;
  }

  /** Connects this many clients at the same time; each is cut after the test. */
  static many(port: number, count: number): Promise<BareClient[]> {
    return Promise.all(Array.from({ length: count }, () => BareClient.connect(port)));
  }

  /** Connects for a moment: the caller closes it. */
  static async passing(port: number): Promise<BareClient> {
    const client = new BareClient(port);
    await once(client.#wire, 'connect');
    return client;
  }

  /** Its own address, as `host:port`. */
  get address(): string {
    return `${this.#wire.localAddress}:${this.#wire.localPort}`;
  }

  /** What it has received so far. */
  get received(): string {
    return Buffer.concat(this.#parts).toString();
  }

  send(data: string | Uint8Array): this {
    this.#wire.write(data);
    return this;
  }

  /** Sends the pieces one by one, so that the other side may receive them one by one. */
  async sendPieces(pieces: readonly Uint8Array[]): Promise<this> {
    for (const piece of pieces) {
      await new Promise((resolve) => this.#wire.write(piece, resolve));
      await setImmediate();
    }
    return this;
  }

  /** Reads no more, until `resume`. */
  pause(): this {
    this.#wire.pause();
    return this;
  }

  resume(): this {
    this.#wire.resume();
    return this;
  }

  /** How many bytes it could not send yet. */
  get unsent(): number {
    return this.#wire.writableLength;
  }

  /** Closes the connection immediately. */
  close(): void {
    this.#wire.destroy();
  }

  /** Sends end of file; what is still to come is received. */
  end(): this {
    this.#wire.end();
    return this;
  }

  /** Resets the connection. */
  reset(): void {
    // Node can't reset what it is shutting down, and would leave the socket open.
    if (this.#wire.writableEnded) this.#wire.destroy();
    else this.#wire.resetAndDestroy();
  }

  /** Waits for a whole line, with its newline, and returns everything received so far. */
  async line(): Promise<string> {
    while (this.#lines === 0) await this.#more();
    return this.received;
  }

  /** Waits for this many whole lines, and returns them without their newlines. */
  async lines(count: number): Promise<string[]> {
    while (this.#lines < count) await this.#more();
    return this.received.split('\n').slice(0, -1);
  }

  /** Waits until this many bytes have come, and returns everything received so far. */
  async bytes(count: number): Promise<Buffer> {
    const missing = () => count - this.#parts.reduce((sum, { length }) => sum + length, 0);
    while (missing() > 0) await this.#more();
    return Buffer.concat(this.#parts);
  }

  /** Collects everything until end of file. */
  async all(): Promise<Buffer> {
    while (!this.#ended) await this.#more();
    return Buffer.concat(this.#parts);
  }

  /** Waits until both sides have sent all and the connection is gone; fails if it breaks. */
  async closed(): Promise<void> {
    while (!this.#closed) await once(this.#news, 'news');
    if (this.#error) throw this.#error;
  }

  async #more(): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#ended) throw new Error(`end of file came first, after: ${this.received}`);
    await once(this.#news, 'news');
  }
}
