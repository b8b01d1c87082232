import { setTimeout } from 'node:timers/promises';
import type { Address } from '../../src/socket/Address';
import { later } from '../../src/socket/later';
import { Socket } from '../../src/socket/Socket';
import { codeOf } from '../../src/text/errno';
import type { Deadline } from './Deadline';

/** At most this much of an answer is read: a longer one is wrong anyway. */
const MOST_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 65_536;
/** Milliseconds to see whether the other end has already closed. */
const GLANCE_MS = 50;

/** Why the receiving ended. */
export type Ending = 'done' | 'timeout' | 'end of file' | 'reset' | 'too much';

/** What came, and why the receiving ended. */
export interface Came {
  readonly data: Buffer;
  readonly ending: Ending;
  /** ms that were waited. */
  readonly waited: number;
}

/** One connection of the kit; every wait on it, and its memory, are limited. */
export class Probe {
  /** @param deadline no wait goes beyond it. */
  constructor(
    private readonly socket: Socket,
    private readonly deadline: Deadline,
  ) {}

  /** @throws SocketError when there is no connection in time. */
  static async open(address: Address, ms: number, deadline: Deadline): Promise<Probe> {
    const socket = new Socket();
    const forget = later(deadline.limit(ms), () => {
      socket.abort();
    });
    await socket.connect(address).finally(forget);
    return new Probe(socket, deadline);
  }

  /** Sends everything; false when the other end does not take it in time, or is gone. */
  send(data: string | Uint8Array, ms: number): Promise<boolean> {
    const patience = this.deadline.limit(ms);
    const sent = this.socket.sendall(typeof data === 'string' ? Buffer.from(data) : data).then(
      () => true,
      () => false,
    );
    return Promise.race([sent, setTimeout(patience, false, { ref: false })]);
  }

  /** Whether something has come, or comes within this many ms; the next `receive` gets it. */
  hasCome(ms: number): Promise<boolean> {
    return this.socket.poll(this.deadline.limit(ms)).catch(() => true);
  }

  /**
   * Receives until `isEnough` says so, but no longer than `ms` milliseconds.
   * @throws OutOfTime when the time of the run is up before that.
   */
  async receive(isEnough: (soFar: Buffer) => boolean, ms: number): Promise<Came> {
    this.deadline.limit(0);
    const begun = performance.now();
    let data = Buffer.alloc(0);
    const came = (ending: Ending): Came => ({ data, ending, waited: performance.now() - begun });
    for (;;) {
      if (data.length > 0 && isEnough(data)) return came('done');
      if (data.length > MOST_BYTES) return came('too much');
      const left = this.deadline.leftSince(begun, ms);
      if (left <= 0) return came('timeout');
      if (!(await this.socket.poll(left))) continue; // is it over? The machine may be slower by now
      try {
        const chunk = await this.socket.recv(CHUNK_BYTES);
        if (chunk.length === 0) return came('end of file');
        data = Buffer.concat([data, chunk]);
      } catch (error) {
        return came(codeOf(error) === 'ECONNRESET' ? 'reset' : 'end of file');
      }
    }
  }

  /** Receives this many bytes. */
  receiveBytes(count: number, ms: number): Promise<Came> {
    return this.receive((data) => data.length >= count, ms);
  }

  /** Receives until the other end has sent its end of file. */
  receiveAll(ms: number): Promise<Came> {
    return this.receive(() => false, ms);
  }

  /** Sends end of file, and still receives (half-close). */
  shutdown(): void {
    this.socket.shutdown();
  }

  /**
   * Closes early: sends end of file, and then reads nothing more. The side that closes first keeps the port
   * for a minute (TIME_WAIT), and the client's own server needs this port: a reset after the end of file
   * avoids that, and on Linux the client still sees end of file first.
   */
  hangUp(): void {
    this.socket.shutdown();
    if (process.platform === 'linux') this.socket.reset();
  }

  /** Closes like a client: sends end of file first, if the other end has not done so yet. */
  async close(): Promise<void> {
    if (await this.#wasClosed()) return;
    // Not closed yet, so that a reset is still possible when the program is ended in this moment: else
    // both ends would send end of file at the same time, and both would keep the port.
    this.socket.shutdown();
    this.socket.breakAfter(GLANCE_MS);
  }

  /** Closes like `close`, but waits until the other end has closed, too, at most this many ms. */
  async leave(ms: number): Promise<void> {
    if (await this.#wasClosed()) return;
    this.shutdown();
    await this.receiveAll(ms);
  }

  /** Like `close`, in the background: a connection that does not close in time is reset with all others. */
  closeSoon(): Promise<void> {
    return this.close().catch(() => undefined);
  }

  /** The side that closes first keeps the port for a minute (TIME_WAIT); a reset avoids that. */
  async #wasClosed(): Promise<boolean> {
    const { ending } = await this.receiveAll(GLANCE_MS);
    if (ending === 'timeout') return false;
    this.reset();
    return true;
  }

  /** Resets the connection: bytes on their way are lost. */
  reset(): void {
    this.socket.reset();
  }

  /** The same, and waits until it is gone. */
  async breakOff(): Promise<void> {
    this.socket.reset();
    await this.socket.close();
  }
}
