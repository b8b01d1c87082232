import { EventEmitter, once } from 'node:events';
import * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterwards } from './cleanUp';

/** A client that sends the bytes it is told to, and keeps all it receives. */
export class BareClient {
  readonly #wire: net.Socket;
  readonly #parts: Buffer[] = [];
  readonly #news = new EventEmitter();
  #ended = false;
  #error: Error | undefined;

  private constructor(port: number) {
    this.#wire = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    this.#wire.on('data', (data: Buffer) => {
      this.#parts.push(data);
      this.#news.emit('news');
    });
    this.#wire.on('end', () => {
      this.#ended = true;
      this.#news.emit('news');
    });
    this.#wire.on('error', (error) => {
      this.#error = error;
      this.#news.emit('news');
    });
  }

  /** Connects to a port of this machine. The connection is cut after the test. */
  static async connect(port: number): Promise<BareClient> {
    const client = new BareClient(port);
    afterwards(() => client.#wire.destroy());
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

  /** Sends end of file; what is still to come is received. */
  end(): this {
    this.#wire.end();
    return this;
  }

  /** Breaks the connection off with a reset. */
  reset(): void {
    this.#wire.resetAndDestroy();
  }

  /** Waits for a whole line, with its newline, and gives all received until then. */
  async line(): Promise<string> {
    while (!this.received.includes('\n')) await this.#more();
    return this.received;
  }

  /** Waits until so many bytes have come, and gives all received until then. */
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

  async #more(): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#ended) throw new Error(`end of file came first, after: ${this.received}`);
    await once(this.#news, 'news');
  }
}
