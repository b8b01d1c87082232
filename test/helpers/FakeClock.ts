import { Clock } from '../../src/services/Clock';

/** A clock that stands still. */
export class FakeClock extends Clock {
  constructor(readonly time = new Date('2026-11-23T12:50:44.123Z')) {
    super();
  }

  now(): Date {
    return new Date(this.time);
  }
}
