import type { CallRecord, Role } from './record';
import type { Send } from './rows';

/** One TCP connection in a trace; its two addresses identify it. */
export class Connection {
  /** The side whose `connect` or `accept` has returned while the other's has not. */
  half: CallRecord | undefined;
  /** Whether both have. */
  isShaken = false;
  isBroken = false;
  /** The side that was killed: it receives nothing more. */
  killed: Role | undefined;
  readonly from: Readonly<Record<Role, Stream>> = { client: new Stream(), server: new Stream() };
}

/** The bytes that one side sends. */
export class Stream {
  /** The call that sent end of file, until the other side has received it. */
  end: CallRecord | undefined;
  hasEnded = false;
  #sends: Send[] = [];
  /** The sends before this index are received. */
  #first = 0;

  push(send: Send): void {
    this.#sends.push(send);
  }

  /** The sends that are not received yet. */
  get unreceived(): readonly Send[] {
    return this.#sends.slice(this.#first);
  }

  /** The sends that contained these bytes of the stream, in order. */
  sendsBefore(end: number): Send[] {
    const found: Send[] = [];
    for (let index = this.#first; index < this.#sends.length; index++) {
      const send = this.#sends[index];
      if (!send || send.bytes.off >= end) break;
      if (send.bytes.n > 0) found.push(send);
    }
    return found;
  }

  /** Forgets those that are received. */
  forgetReceived(): void {
    for (let send = this.#sends[this.#first]; send; send = this.#sends[++this.#first])
      if (send.drawn < send.bytes.n) return;
    this.clear();
  }

  clear(): void {
    this.#sends = [];
    this.#first = 0;
  }
}
