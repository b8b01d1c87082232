/**
 * The open connections that `--max-connections` allows, shared by the workers of a server. Each has a
 * part of them, so that most connections cost no message. Who has none left asks the primary, and it
 * asks the others for those that they do not use. There are never more than allowed, and nobody is
 * turned away before all workers have been asked.
 */
import type { Places } from '../socket/Places';

/** A worker's part. */
export class WorkerPlaces implements Places {
  #has = 0;
  #taken = 0;
  readonly #waiting: ((isTaken: boolean) => void)[] = [];

  /** @param ask asks the primary for more, which is answered by `receive`. */
  constructor(private readonly ask: () => void) {}

  take(): true | Promise<boolean> {
    if (this.#taken < this.#has) {
      this.#taken += 1;
      return true;
    }
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) this.ask();
    });
  }

  giveBack(): void {
    this.#taken -= 1;
    this.#handOut();
  }

  /** The primary hands it so many, asked or not; 0: all are taken. */
  receive(count: number): void {
    this.#has += count;
    if (count === 0) for (const resolve of this.#waiting.splice(0)) resolve(false);
    this.#handOut();
    if (this.#waiting.length > 0) this.ask();
  }

  /** Gives away those that are free, and says how many that were. */
  giveAway(): number {
    const free = this.#has - this.#taken;
    this.#has = this.#taken;
    return free;
  }

  #handOut(): void {
    while (this.#taken < this.#has) {
      const resolve = this.#waiting.shift();
      if (!resolve) return;
      this.#taken += 1;
      resolve(true);
    }
  }
}

/** How the primary speaks to a worker; its name is whatever tells one from another. */
export interface PlaceMessages<Name> {
  /** Asks for those that are free, which is answered by `returned`. */
  giveAway: (worker: Name) => void;
  /** Hands it so many. */
  receive: (worker: Name, count: number) => void;
}

/** The primary's side: those that no worker has, and how many each of them has. */
export class SharedPlaces<Name> {
  readonly #had = new Map<Name, number>();
  readonly #asking: Name[] = [];
  /** Who has not said yet what it gives away for the first of those who ask. */
  readonly #awaited = new Set<Name>();

  constructor(
    private free: number,
    private readonly messages: PlaceMessages<Name>,
  ) {}

  /** A worker serves, and is handed so many, or as many as there are. */
  joined(worker: Name, wanted: number): void {
    this.#had.set(worker, 0);
    if (this.#asking.length > 0) return; // who needs them comes first
    const count = Math.min(wanted, this.free);
    if (count > 0) this.#hand(worker, count); // 0 would tell it that all are taken
  }

  /** A worker has none left. */
  asked(worker: Name): void {
    if (this.#asking.push(worker) === 1) this.#begin();
  }

  /** A worker has given away so many. */
  returned(worker: Name, count: number): void {
    const had = this.#had.get(worker);
    if (had === undefined) return; // it is gone, and what it had was counted then
    this.#had.set(worker, had - count);
    this.free += count;
    this.#heard(worker);
  }

  /** A worker has ended, and its connections with it. */
  left(worker: Name): void {
    this.free += this.#had.get(worker) ?? 0;
    this.#had.delete(worker);
    this.#heard(worker);
  }

  #begin(): void {
    const [worker] = this.#asking;
    const others = [...this.#had.keys()].filter((other) => other !== worker);
    if (this.free > 0 || others.length === 0) {
      this.#answer();
      return;
    }
    for (const other of others) this.#awaited.add(other);
    for (const other of others) this.messages.giveAway(other);
  }

  #heard(worker: Name): void {
    if (this.#awaited.delete(worker) && this.#awaited.size === 0) this.#answer();
  }

  #answer(): void {
    const worker = this.#asking.shift();
    if (worker === undefined) return;
    this.#hand(worker, Math.ceil(this.free / 2)); // the rest is for whoever asks next
    if (this.#asking.length > 0) this.#begin();
  }

  #hand(worker: Name, count: number): void {
    const had = this.#had.get(worker);
    if (had === undefined) return;
    this.free -= count;
    this.#had.set(worker, had + count);
    this.messages.receive(worker, count);
  }
}
