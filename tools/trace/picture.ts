import { Drawing, type Look } from '../../src/trace/Drawing';
import type { Role, TraceRecord } from '../../src/trace/record';
import { rowsOf } from '../../src/trace/Reducer';

/** A whole trace as lines of a terminal. */
export function pictureOf(records: readonly TraceRecord[], look: Look): string {
  const drawing = new Drawing(look, namesIn(records));
  const lines = [...drawing.heading(), ...rowsOf(records).flatMap((row) => drawing.lines(row))];
  return lines.map((line) => `${line}\n`).join('');
}

/** The programs on the two sides; a side that has no records has its role for a name. */
export function namesIn(records: readonly TraceRecord[]): Record<Role, string> {
  const programOf = (role: Role) => {
    const record = records.find((each) => each.type === 'call' && each.role === role);
    return record?.type === 'call' ? record.program : role;
  };
  return { client: programOf('client'), server: programOf('server') };
}
