import { injectable } from 'inversify';
import { Clock } from '../src/services/Clock';

/** Runs at half speed, from the moment it is made. */
@injectable()
export class SlowClock extends Clock {
  readonly #begun = Date.now();

  now(): Date {
    return new Date(this.#begun + (Date.now() - this.#begun) / 2);
  }
}
