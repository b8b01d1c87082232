import { setTimeout } from 'node:timers/promises';
import type { Address } from '../../src/socket/Address';
import { later } from '../../src/socket/later';
import { Socket } from '../../src/socket/Socket';
import { codeOf } from '../../src/text/errno';
import type { Deadline } from './Deadline';

/** What is taken of an answer at most: whoever sends more has sent something wrong. */
const MOST_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 65_536;
/** To see whether the other end has closed already. */
const GLANCE_MS = 50;

/** Why no more came. */
export type Ending = 'done' | 'timeout' | 'end of file' | 'reset' | 'too much';

/** What came, and why no more. */
export interface Came {
  readonly data: Buffer;
  readonly ending: Ending;
  /** ms that were waited. */
  readonly waited: number;
}

/** One connection of the kit's: every wait on it is bounded, and so is its memory. */
export class Probe {
  /** @param deadline no wait goes beyond it. */
  constructor(
    private readonly socket: Socket,
    private readonly deadline: Deadline,
  ) {}

  /** @throws SocketError when the connection can't be had in time. */
  static async open(address: Address, ms: number, deadline: Deadline): Promise<Probe> {
    const socket = new Socket();
    const forget = later(deadline.limit(ms), () => {
      socket.abort();
    });
    await socket.connect(address).finally(forget);
    return new Probe(socket, deadline);
  }

  /** Sends all of it; false when the other end does not take it in time, or has gone. */
  send(data: string | Uint8Array, ms: number): Promise<boolean> {
    const patience = this.deadline.limit(ms);
    const sent = this.socket.sendall(typeof data === 'string' ? Buffer.from(data) : data).then(
      () => true,
      () => false,
    );
    return Promise.race([sent, setTimeout(patience, false, { ref: false })]);
  }

  /** Whether something has come, or comes in so many ms; it is left for who receives it. */
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

  /** Receives so many bytes. */
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
   * Hangs up on a client: end of file, and then nothing is taken any more. Whoever closes first keeps
   * the port for a minute (TIME_WAIT), which would be the client's own server's: a reset behind the end
   * of file spares it that, and Linux still gives the client its end of file first.
   */
  hangUp(): void {
    this.socket.shutdown();
    if (process.platform === 'linux') this.socket.reset();
  }

  /** Closes as a client does: end of file first, if the other end has not sent its own yet. */
  async close(): Promise<void> {
    if (await this.#wasClosed()) return;
    // Not closed yet, so that a reset is still possible when the program is ended in this moment: else
    // both ends would send end of file at the same time, and both would keep the port.
    this.socket.shutdown();
    this.socket.breakAfter(GLANCE_MS);
  }

  /** Leaves as `close` does, but waits until the other end has closed, too, at most so many ms. */
  async leave(ms: number): Promise<void> {
    if (await this.#wasClosed()) return;
    this.shutdown();
    await this.receiveAll(ms);
  }

  /** As `close`, in the background: what does not close in time is broken off with all others. */
  closeSoon(): Promise<void> {
    return this.close().catch(() => undefined);
  }

  /** Whoever closes first keeps the port for a minute (TIME_WAIT); a reset spares the other that. */
  async #wasClosed(): Promise<boolean> {
    const { ending } = await this.receiveAll(GLANCE_MS);
    if (ending === 'timeout') return false;
    this.reset();
    return true;
  }

  /** Breaks the connection off: what was on its way is lost. */
  reset(): void {
    this.socket.reset();
  }

  /** The same, and waits until it is gone. */
  async breakOff(): Promise<void> {
    this.socket.reset();
    await this.socket.close();
  }
}
