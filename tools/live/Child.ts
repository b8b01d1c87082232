import { EventEmitter } from 'node:events';
import type { Role, TraceRecord } from '../../src/trace/record';
import type { Halted } from '../page/browser/protocol';

/** The call before which it is halted, and its line. */
export type Halt = Pick<Halted, 'call' | 'line'>;

/** A program that the page has started: ours, or one of the student's. */
export abstract class Child extends EventEmitter<{
  record: [TraceRecord];
  /** It is halted before a call, until it may go on. */
  halts: [Halt];
  said: [text: string];
  ended: [];
}> {
  /** How many of its calls are halted: a program may have several processes. */
  halted = 0;
  /** The process that has made its last call. */
  pid: number | undefined;

  /** All records up to this time have been emitted, ms of the run. */
  get recordedUntil(): number {
    return Infinity; // they come when they are made
  }

  /** @param name the name that the user sees. */
  constructor(
    readonly role: Role,
    readonly name: string,
  ) {
    super();
  }

  /** Resolves when it runs, and rejects when the system can't start it. */
  abstract readonly started: Promise<unknown>;
  /** Where its server listens, once it does; undefined when it ends before. */
  abstract readonly address: Promise<string | undefined>;
  abstract readonly hasEnded: boolean;
  abstract readonly canHalt: boolean;
  /** The halted call is made. */
  abstract goOn(): void;
  /** Kills it; its last record reports that. */
  abstract kill(): void;
  /** Ends it like a user would, if that is possible. */
  abstract stop(): Promise<void>;
}
