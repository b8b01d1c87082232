import { injectable } from 'inversify';

/** Tells the time. The abstract class is both the type and what the container finds it by. */
export abstract class Clock {
  abstract now(): Date;
}

/** The time of this machine. */
@injectable()
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
