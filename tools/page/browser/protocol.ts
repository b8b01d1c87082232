/** The messages between the live server and its page. Both sides import this. */
import type { Role, SourceLine, TraceRecord } from '../../../src/trace/record';
import type { Relayed } from '../../../src/trace/rows';

type Nothing = Readonly<Record<string, never>>;

export type Mode = 'live' | 'step';

/** A process that is halted before a call. */
export interface Halted {
  /** Its id, to say which process may go on. */
  readonly id: number;
  readonly role: Role;
  readonly program: string;
  /** Its process in the records; undefined before its first. */
  readonly pid: number | undefined;
  readonly call: string;
  /** The line that makes the call. */
  readonly line: SourceLine | undefined;
}

/** How the programs run now. */
export interface State {
  readonly lab: string;
  readonly mode: Mode;
  /** What the server does. */
  readonly phase: 'none' | 'starts' | 'listens' | 'stops';
  /** Where it listens. */
  readonly server?: string | undefined;
  /** What UDP clients take for the server. */
  readonly relay?: string | undefined;
  readonly clients: number;
  /** In the order in which they were halted. */
  readonly halted: readonly Halted[];
  /** Older records that were discarded. */
  readonly dropped: number;
  /** How the student's own programs are watched, and which can't be halted. */
  readonly ways: readonly string[];
  /** The lesson that has set all this up, and which of its runs. */
  readonly lesson?:
    { readonly id: string; readonly run: number; readonly isOver: boolean } | undefined;
}

/** What the server sends to the page, by the name of the event. */
export interface News {
  readonly state: State;
  readonly record: TraceRecord;
  /** A file of the student's that records name, as lines of HTML. */
  readonly source: { readonly file: string; readonly lines: readonly string[] };
  /** A new run begins. */
  readonly cleared: Nothing;
  /** What a program has said on stderr. */
  readonly said: { readonly text: string };
}

/** What the page may order, by the path of the request. */
export interface Orders {
  readonly start: { readonly lab: string; readonly mode: Mode; readonly odds: Percents };
  readonly stop: Nothing;
  /** Ends what runs, and begins a run of a lesson. */
  readonly lesson: { readonly id: string; readonly run: number; readonly mode: Mode };
  /** A second server on the port of the first. */
  readonly second: Nothing;
  /** A halted process makes its call. */
  readonly step: Pick<Halted, 'id'>;
  /** A client is killed. */
  readonly kill: Nothing;
  /** Of the lab and in the mode that the page shows. */
  readonly client: {
    readonly lab: string;
    readonly mode: Mode;
    readonly message: string;
    readonly count: 1 | 3;
  };
  /** A datagram that waits in the relay is lost. */
  readonly lose: Relayed;
}

/** What the relay does, in per cent, and the seed that decides. */
export interface Percents {
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly seed: number;
}
