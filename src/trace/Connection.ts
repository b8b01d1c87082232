import type { CallRecord, Role } from './record';
import type { Send } from './rows';

/** What a trace says of one connection of TCP, whose two addresses tell it from all others. */
export class Connection {
  /** The side whose `connect` or `accept` has returned while the other's has not. */
  half: CallRecord | undefined;
  /** Whether both have. */
  isShaken = false;
  isBroken = false;
  /** The side that was killed: nobody receives there any more. */
  killed: Role | undefined;
  readonly from: Readonly<Record<Role, Stream>> = { client: new Stream(), server: new Stream() };
}

/** What one side sends. */
export class Stream {
  /** The call that has ended it, until the other side has received that. */
  end: CallRecord | undefined;
  hasEnded = false;
  #sends: Send[] = [];
  /** Those before this one are received. */
  #first = 0;

  push(send: Send): void {
    this.#sends.push(send);
  }

  /** What is not received yet. */
  get unreceived(): readonly Send[] {
    return this.#sends.slice(this.#first);
  }

  /** The sends in which these bytes of the stream were, in their order. */
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
