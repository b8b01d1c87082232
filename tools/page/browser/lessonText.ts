/** What the page shows of a lesson. */
import type { Role } from '../../../src/trace/record';
import type { Arrow, Mark, Row } from '../../../src/trace/rows';

export interface LessonText {
  readonly id: string;
  /** The title of its slide. */
  readonly slide: string;
  readonly title: string;
  /** Two or three sentences. */
  readonly text: string;
  readonly runs: readonly RunText[];
  readonly question: string;
  readonly answer: string;
}

export interface RunText {
  /** What its button says. */
  readonly label: string;
  /** One thing to look for. */
  readonly look: string;
  readonly sought: Sought;
}

/** Describes a row: it has all that is named here. */
export interface Sought {
  /** The call, and the side that makes it. */
  readonly role?: Role;
  readonly call?: string;
  /** The call has failed, with this code. */
  readonly code?: string;
  /** What travels in this row. */
  readonly arrow?: Arrow['kind'];
  /** Which of these rows, from 1; the first unless given. */
  readonly nth?: number;
}

/** The number of the row that is sought, from 0; -1 as long as it has not come. */
export function seek(rows: readonly Row[], { nth = 1, ...sought }: Sought): number {
  let found = 0;
  return rows.findIndex((row) => {
    if (isSought(row, sought)) found += 1;
    return found === nth;
  });
}

function isSought(row: Row, { role, call, code, arrow }: Sought): boolean {
  const mark = role && row[role];
  if (role && (!mark || callOf(mark) !== call || mark.state === 'waits')) return false;
  if (code !== undefined && mark?.error?.code !== code && !isRefused(row.arrow, code)) return false;
  return arrow === undefined || row.arrow?.kind === arrow;
}

/** A row for a file that was written has no call: it is called `log` here. */
function callOf(mark: Mark): string {
  return mark.logged ? 'log' : mark.call;
}

function isRefused(arrow: Arrow | undefined, code: string): boolean {
  return arrow?.kind === 'failed' && arrow.code === code;
}
