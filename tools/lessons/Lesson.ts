import type { LessonText, Sought } from '../page/browser/lessonText';
import type { Role } from '../../src/trace/record';

/** A statement or a question of the slides, as something to do in two minutes. */
export interface Lesson extends Omit<LessonText, 'runs'> {
  /** Most have one; a lesson that compares has two. */
  readonly runs: readonly LessonRun[];
}

/** What a button of a lesson does. */
export interface LessonRun {
  readonly label: string;
  /** Whose programs run: a name of PAIRS or LESSON_PAIRS. */
  readonly lab: string;
  readonly play: (stage: Stage) => Promise<void>;
  /** One thing to look for, and the row where it is. */
  readonly look: string;
  readonly sought: Sought;
}

/** What a lesson does with the programs of its lab. */
export interface Stage {
  /** Starts the server. Resolves when clients can connect. */
  server(): Promise<void>;
  /** Starts a second server on the port of the first. Resolves when it has ended: the port is taken. */
  serverOnSamePort(): Promise<void>;
  /** Starts a second server on another port. Resolves with that port when clients can connect. */
  serverOnOtherPort(): Promise<number>;
  /**
   * Runs a client. Resolves when it has ended.
   * @param port of another server than the first.
   */
  talk(message: string, port?: number): Promise<void>;
  /** Starts a client that is halted before its first call of this name. Resolves when it is. */
  halt(message: string, before: string): Promise<HaltedClient>;
  /** Runs clients that connect at the same moment, one for each message. Resolves when all have ended. */
  together(messages: readonly string[]): Promise<void>;
  /** Waits until this call has returned this many times on this side. */
  returned(role: Role, call: string, times: number): Promise<void>;
}

/** A client that waits before a call. */
export interface HaltedClient {
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** It makes that call. */
  goOn(): void;
  kill(): void;
}
