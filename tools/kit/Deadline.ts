import { setTimeout } from 'node:timers/promises';

/** The time limit of the whole run is over. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/** When the whole run must be over: everything that waits in it uses the same deadline. */
export class Deadline {
  readonly #end: number;

  /**
   * @param ms how long the run may take, from now on.
   * @param stretch how many times longer than usual to wait on this machine now; see Pace.
   */
  constructor(
    ms: number,
    private readonly stretch: () => number = () => 1,
  ) {
    this.#end = performance.now() + ms;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Milliseconds that are left. */
  get left(): number {
    return Math.max(0, this.#end - performance.now());
  }

  /**
   * Milliseconds to wait, as long as this machine needs, but never beyond the end.
   * @throws OutOfTime when there are none left.
   */
  limit(ms: number): number {
    if (this.isOver) throw new OutOfTime();
    return Math.min(ms * this.stretch(), this.left);
  }

  /** Milliseconds that are left of a wait that began then; it grows with what the machine needs. */
  leftSince(begun: number, ms: number): number {
    return Math.min(begun + ms * this.stretch() - performance.now(), this.left);
  }

  /**
   * Waits this many milliseconds, stretched like all waits, or until the end.
   * @throws OutOfTime when there are none left.
   */
  async pause(ms: number): Promise<void> {
    await setTimeout(this.limit(ms));
  }
}
