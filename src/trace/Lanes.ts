import type { Row } from './rows';

/** A client of the run, on its own life line. */
export interface Lane {
  readonly letter: string;
  /** Once it is known. */
  port: number | undefined;
}

/** Finds the client of each row. A client is a process: over UDP each of its tries has a different port. */
export class Lanes {
  readonly all: Lane[] = [];
  readonly #byProcess = new Map<number, number>();
  readonly #byPort = new Map<number, number>();

  /** The life line of a client's process. */
  ofProcess(pid: number): number | undefined {
    return this.#byProcess.get(pid);
  }

  /** The number of its life line; undefined where no client is there yet. */
  of({ client, who }: Row): number | undefined {
    const known =
      (client && this.#byProcess.get(client.pid)) ??
      (who === undefined ? undefined : this.#byPort.get(who));
    if (known === undefined && !client && who === undefined) return undefined;
    const lane = known ?? this.all.push({ letter: letterOf(this.all.length), port: undefined }) - 1;
    if (client) this.#byProcess.set(client.pid, lane);
    if (who !== undefined) {
      this.#byPort.set(who, lane);
      const { [lane]: owner } = this.all;
      if (owner && (client ?? owner.port === undefined)) owner.port = who;
    }
    return lane;
  }
}

/** A, B, ... Z, AA. */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + (index % 26)).repeat(1 + Math.floor(index / 26));
}
