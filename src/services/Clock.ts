import { injectable } from 'inversify';

/** Tells the time. The abstract class is both the type and the key for the container. */
export abstract class Clock {
  abstract now(): Date;
}

/** The clock of this machine. */
@injectable()
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}
