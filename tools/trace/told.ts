/** The text around the picture of a run: how it was watched, what hangs, and what the programs printed. */
import { escapeControls } from '../../src/text/escape';
import type { SourceLine, TraceRecord } from '../../src/trace/record';
import { openCalls } from '../watch/openCalls';
import type { Run } from './runLab';
import type { Side } from './sides';

const INDENT = '    ';
const MOST_LINES = 20;

/** Which programs are the student's, and how each is watched; nothing if all are ours. */
export function headOf({ server, clients, isSeenBetween }: Run): string[] {
  const [client] = clients;
  const own = [server, ...(client ? [client] : [])].filter(({ isOurs }) => !isOurs);
  if (isSeenBetween)
    return [
      `${own.map(({ name }) => name).join(' and ')}: seen by a relay between them: no calls, only what passes`,
    ];
  return own.map(({ name, way }) => `${name}: ${way}`);
}

/** What hangs, what failed, and what was printed. */
export function endOf(run: Run): string[] {
  const { server, clients, isCutShort, records } = run;
  const own = [server, ...clients].filter(({ isOurs }) => !isOurs);
  return [
    ...(isCutShort ? waitingIn(records) : []),
    ...(clients.length === 0 ? ['', `No client was started: ${server.name} does not listen.`] : []),
    ...own.filter(isFirstOfItsKind).flatMap((side) => endOfSide(side, isCutShort)),
  ];
}

/** Whether a program failed; a server that the run ended has not. */
export function hasFailed({ server, clients, isCutShort }: Run): boolean {
  return (
    isCutShort ||
    clients.length === 0 ||
    [server, ...clients].some(({ failure }) => failure !== undefined)
  );
}

/** Several clients often say the same. */
function isFirstOfItsKind(side: Side, index: number, all: readonly Side[]): boolean {
  const isSame = (other: Side) =>
    other.name === side.name && other.printed === side.printed && other.failure === side.failure;
  return all.findIndex(isSame) === index;
}

function endOfSide({ name, printed, failure, hasEnded }: Side, isCutShort: boolean): string[] {
  const lines = printed.trimEnd() === '' ? [] : printed.trimEnd().split('\n');
  const shown = lines.slice(-MOST_LINES).map((line) => `${INDENT}${escapeControls(line)}`);
  const how = failure ?? (isCutShort && !hasEnded ? 'was still running, and was ended' : undefined);
  const title = shown.length > 0 ? `${name} printed` : undefined;
  return [
    ...(title === undefined ? [] : ['', title, ...shown]),
    ...(how === undefined ? [] : ['', `${name} ${how}.`]),
  ];
}

/** What each side waits for. */
function waitingIn(records: readonly TraceRecord[]): string[] {
  const lines = openCalls(records).map(
    ({ program, call, at, lab }) => `${program} waits in ${call}()${placeOf(lab ?? at)}.`,
  );
  return lines.length === 0 ? [] : ['', ...new Set(lines)];
}

function placeOf(line: SourceLine | undefined): string {
  return line ? `, ${line.file.replace(/^.*\//, '')}:${line.line}` : '';
}
