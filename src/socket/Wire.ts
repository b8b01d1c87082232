import * as net from 'node:net';
import { setImmediate as setTurn } from 'node:timers/promises';
import type { Address } from './Address';
import { later } from './later';
import { lingeringClose } from './lingeringClose';
import { type SocketCall, SocketError } from './SocketError';

const NOTHING = Buffer.alloc(0);
const DONE = Promise.resolve();
/** How many `recv` calls after end of file one socket may make. */
const MOST_READS_AFTER_END = 1000;

/** A call that waits for bytes, end of file or an error. */
interface Receiver {
  /** It takes at most this many bytes; `poll` takes 0. */
  readonly size: number;
  readonly resolve: (data: Buffer) => void;
  readonly reject: (error: SocketError) => void;
}

/** A call that waits until the peer's window has room again. */
interface Sender {
  /** Where `sendall` was called. Without an `await`, nothing else can tell where. */
  readonly caller: Error;
  readonly resolve: () => void;
  readonly reject: (error: SocketError) => void;
}

/** Turns the events of a node:net connection into the calls that a `Socket` can wait for. */
export class Wire {
  readonly #stream: net.Socket;
  peer: Address | undefined;
  isOpen = false;
  canSend = false;
  /** The one chunk that came while no call waited. Until it is taken, nothing more is read. */
  #unread: Buffer = NOTHING;
  #hasEnded = false;
  #readsAfterEnd = 0;
  #failure: NodeJS.ErrnoException | undefined;
  #receiver: Receiver | undefined;
  /** Calls of `send` since bytes last came. */
  #sends = 0;
  #senders: Sender[] = [];
  #silence: number | undefined;
  #forgetSilence: (() => void) | undefined;
  #isClosing = false;
  #whenClosed: (() => void) | undefined;

  /** @param stream a connection that exists already. */
  constructor(stream?: net.Socket) {
    // Half-open: after the peer's end of file we still send what we have for it.
    this.#stream = stream ?? new net.Socket({ allowHalfOpen: true });
    if (stream) this.#open();
    this.#stream
      .on('data', (chunk: Buffer) => {
        this.#deliver(chunk);
      })
      .on('end', () => {
        this.#deliver(NOTHING);
      })
      .on('drain', () => {
        this.#release();
      })
      .on('error', (error) => {
        this.#breaks(error);
      })
      .on('close', () => {
        this.#isGone();
      });
  }

  get local(): Address | undefined {
    const { localAddress: host, localPort: port } = this.#stream;
    return host === undefined || port === undefined ? undefined : { host, port };
  }

  /** Whether it can't connect any more: a connection failed, or was cut. */
  get isUsedUp(): boolean {
    return this.#stream.destroyed;
  }

  connect({ host, port }: Address): Promise<void> {
    this.#stream.setNoDelay(true);
    return new Promise((resolve, reject) => {
      this.#stream.once('connect', () => {
        this.#open();
        this.peer ??= { host, port }; // it may have left immediately
        resolve();
      });
      this.#stream.once('close', () => {
        reject(this.error('connect', { host, port }));
      });
      this.#stream.connect({ host, port });
    });
  }

  send(data: Uint8Array): Promise<void> {
    this.#sends += 1;
    if (this.#sends === 2) this.#gather();
    if (this.#stream.write(data)) return DONE;
    // Our writes are stuck, so stop reading: fill the peer's window, not our memory.
    if (!this.#receiver) this.#stream.pause();
    return new Promise((resolve, reject) => {
      this.#senders.push({ caller: new Error(), resolve, reject });
    });
  }

  receive(size: number): Promise<Buffer> {
    if (this.#unread.length > 0) return Promise.resolve(this.#take(size));
    if (this.#hasEnded) return this.#nothingMore();
    if (this.#receiver) return Promise.reject(this.#busy());
    if (!this.isOpen) return Promise.reject(this.error('recv'));
    return new Promise((resolve, reject) => {
      this.#wait({ size, resolve, reject });
    });
  }

  /** A loop that ignores end of file must not block the whole process. */
  async #nothingMore(): Promise<Buffer> {
    this.#readsAfterEnd += 1;
    if (this.#readsAfterEnd > MOST_READS_AFTER_END) {
      const reason = `recv() returned end of file ${MOST_READS_AFTER_END} times: when it returns no bytes, the loop must end`;
      throw new SocketError('recv', 'EOF', this.peer, reason);
    }
    if (this.#readsAfterEnd > 1) await setTurn();
    return NOTHING;
  }

  poll(ms: number): Promise<boolean> {
    if (this.#receiver) return Promise.reject(this.#busy());
    if (this.#unread.length > 0 || this.#hasEnded || !this.isOpen) return Promise.resolve(true);
    return new Promise((resolve) => {
      const ready = () => {
        forget();
        resolve(true);
      };
      this.#wait({ size: 0, resolve: ready, reject: ready });
      const forget = later(ms, () => {
        this.#receiver = undefined;
        resolve(false);
      });
    });
  }

  /** From now on, a `recv` that waits `ms` milliseconds for nothing sees end of file. */
  endAfterSilence(ms: number): void {
    this.#silence = ms;
    this.#forgetSilence?.();
    if (!this.#receiver) return;
    this.#forgetSilence = later(ms, () => {
      this.#deliver(NOTHING);
    });
  }

  /** Calls back when no byte was received or sent for `ms` milliseconds. */
  whenSilent(ms: number, callback: () => void): void {
    this.#stream.setTimeout(ms);
    this.#stream.on('timeout', () => {
      const before = this.#bytesMoved();
      // Only after the event loop has looked at the sockets: bytes that have arrived count.
      setImmediate(() => {
        if (this.#bytesMoved() === before) callback();
      });
    });
  }

  #bytesMoved(): number {
    return this.#stream.bytesRead + this.#stream.bytesWritten;
  }

  /** Sends end of file, after the remaining bytes. */
  end(): void {
    this.canSend = false;
    this.#stream.end();
  }

  /** Cuts the connection; unsent bytes are lost. */
  destroy(reason?: Error): void {
    this.#stream.destroy(reason);
  }

  /** Cuts it with a reset; if this side is just sending end of file, the reset follows that. */
  reset(): void {
    const stream = this.#stream;
    const isEnding = stream.writableEnded && !stream.writableFinished;
    if (stream.destroyed) return;
    if (!isEnding) stream.resetAndDestroy();
    // Node would neither reset nor close it before that.
    else if (stream.writableLength === 0) stream.once('finish', () => stream.resetAndDestroy());
    else stream.destroy();
  }

  /** Sends the remaining bytes, then closes; resolves when the connection is gone. */
  close(): Promise<void> {
    const stream = this.#stream;
    this.canSend = false;
    this.#isClosing = true;
    if (stream.closed) return DONE;
    return new Promise((resolve) => {
      this.#whenClosed = resolve;
      if (stream.pending) stream.destroy();
      else if (stream.readableEnded)
        stream.end(); // closes once all is sent
      else if (stream.bytesWritten === 0)
        stream.destroySoon(); // nothing can be lost
      else this.#linger();
    });
  }

  #linger(): void {
    this.#unread = NOTHING;
    this.#hasEnded = true; // bytes that come from now on are discarded
    this.#receiver?.reject(this.error('recv'));
    this.#receiver = undefined;
    lingeringClose(this.#stream);
  }

  /** Why this call fails now. */
  error(call: SocketCall, address = this.peer): SocketError {
    const failed = this.#failure?.syscall === 'write' ? 'sendall' : call;
    if (this.#failure) return SocketError.from(failed, this.#failure, address);
    const isClosed = this.#isClosing || this.#stream.destroyed;
    return new SocketError(call, isClosed ? 'EBADF' : 'ENOTCONN', address);
  }

  /** Passes bytes to the call that waits for them; the rest is kept. No bytes mean end of file. */
  #deliver(data: Buffer): void {
    if (this.#hasEnded) return;
    this.#forgetSilence?.();
    this.#sends = 0;
    if (data.length === 0) this.#hasEnded = true;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (receiver && data.length <= receiver.size) {
      receiver.resolve(data);
      return;
    }
    this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
    this.#stream.pause();
    receiver?.resolve(this.#take(receiver.size));
  }

  /** The peer's window has room again. */
  #release(): void {
    for (const sender of this.#senders.splice(0)) sender.resolve();
  }

  #breaks(error: Error): void {
    // On an error Node drops its 'data' events, but keeps the bytes: they came before the error.
    const rest = this.#stream.read() as Buffer | null;
    if (rest) this.#deliver(rest);
    this.#isOver(error);
  }

  #isGone(): void {
    // After the last bytes there is no 'drain' event.
    if (this.#stream.writableFinished) this.#release();
    this.#isOver();
    this.#whenClosed?.();
  }

  /** Makes the calls that wait fail, with the reason. */
  #isOver(failure?: Error): void {
    this.#failure ??= failure;
    this.canSend = false;
    this.isOpen = false;
    this.#forgetSilence?.();
    // Creating an error takes time, and most connections close while no call waits.
    this.#receiver?.reject(this.error('recv'));
    this.#receiver = undefined;
    for (const { caller, reject } of this.#senders.splice(0)) {
      const error = this.error('sendall');
      reject(Object.assign(error, { stack: `${String(error)}\n${framesOf(caller)}` }));
    }
  }

  #open(): void {
    const { remoteAddress: host, remotePort: port } = this.#stream;
    // Ask now: the system forgets the peer of a connection that is reset.
    if (host !== undefined && port !== undefined) this.peer = { host, port };
    this.isOpen = true;
    this.canSend = true;
  }

  /** Replies to requests that came together are sent together, with one system call. */
  #gather(): void {
    this.#stream.cork();
    process.nextTick(() => {
      this.#sends = 1;
      this.#stream.uncork();
    });
  }

  #busy(): SocketError {
    return new SocketError('recv', 'EALREADY', this.peer);
  }

  #take(size: number): Buffer {
    const data = this.#unread.subarray(0, size);
    this.#unread = this.#unread.subarray(size);
    return data;
  }

  #wait(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#silence !== undefined) this.endAfterSilence(this.#silence);
    if (this.#stream.isPaused()) this.#stream.resume();
  }
}

function framesOf({ stack = '' }: Error): string {
  return stack.split('\n').slice(1).join('\n');
}
