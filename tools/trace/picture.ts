import { Drawing, type Look } from '../../src/trace/Drawing';
import type { Role, TraceRecord } from '../../src/trace/record';
import { rowsOf } from '../../src/trace/Reducer';

/** A round may have at most this many lines. */
const ROUNDS = [1, 2, 3, 4];
const MOST_ROUNDS = 3;

/** A whole trace as lines of a terminal. */
export function pictureOf(
  records: readonly TraceRecord[],
  look: Look,
  names = namesIn(records),
): string {
  const rows = rowsOf(records);
  const processes = rows.flatMap(({ client }) => (client ? [client.pid] : []));
  // A relay sees no processes.
  const ports = records.flatMap((record) => (record.type === 'passed' ? [record.client] : []));
  const clients = new Set([...processes, ...ports]).size;
  const drawing = new Drawing(look, names, Math.max(1, clients));
  const lines = [...drawing.heading(), ...rows.flatMap((row) => drawing.lines(row))];
  return folded(lines)
    .map((line) => `${line}\n`)
    .join('');
}

/** Repeated lines are drawn three times: a program may be looping. */
function folded(lines: readonly string[]): string[] {
  const shown: string[] = [];
  for (let index = 0; index < lines.length;) {
    const round = ROUNDS.find((length) => repeats(lines, index, length) > MOST_ROUNDS);
    if (round === undefined) {
      shown.push(lines[index++] ?? '');
      continue;
    }
    const times = repeats(lines, index, round);
    shown.push(...lines.slice(index, index + MOST_ROUNDS * round));
    shown.push(`... and so on, ${(times - MOST_ROUNDS).toLocaleString('en')} more times`);
    index += times * round;
  }
  return shown;
}

/** How often these lines come in a row. */
function repeats(lines: readonly string[], from: number, length: number): number {
  let times = 1;
  for (let index = from + length; index < lines.length; index++) {
    if (lines[index] !== lines[index - length]) break;
    if ((index - from) % length === length - 1) times += 1;
  }
  return times;
}

/** The programs on the two sides; a side that has no records has its role for a name. */
export function namesIn(records: readonly TraceRecord[]): Record<Role, string> {
  const programOf = (role: Role) => {
    const record = records.find((each) => each.type === 'call' && each.role === role);
    return record?.type === 'call' ? record.program : role;
  };
  return { client: programOf('client'), server: programOf('server') };
}
