import { styleText } from 'node:util';
import { escapeControls } from '../../src/text/escape';
import { wrap } from '../../src/text/wrap';
import { tellingLines } from './knownErrors';
import { type Details, type Status, TIME_IS_UP, type Verdict } from './stage';

/** Characters of a line of its output. */
const MOST_SHOWN = 300;
const TITLE_WIDTH = 58;
const LABEL_WIDTH = 10;
const INDENT = ' '.repeat(4);

/** How the terminal shows it. */
export interface Look {
  readonly columns: number;
  readonly hasColor: boolean;
}

type Color = 'green' | 'red' | 'yellow' | 'gray' | 'bold';

/** The labels of what a learner should not overlook. */
const CAUSES = new Set(['likely', 'probably']);

const SIGNS: Record<Status, { sign: string; color: Color }> = {
  passed: { sign: '✔', color: 'green' },
  failed: { sign: '✘', color: 'red' },
  warned: { sign: '!', color: 'yellow' },
  'not tried': { sign: '–', color: 'gray' },
};

/** A stage, as soon as it is over: its title, and a remark or a later failure in short. */
export function linesNow(verdict: Verdict, look: Look, isFirstFailure: boolean): string[] {
  const { status, details } = verdict;
  if (status === 'not tried') return [];
  const head = headOf(verdict, look);
  if (!details) return [head];
  if (isFirstFailure) return [head]; // printed last, where it is noticed
  return [head, ...fieldsOf(shortOf(details), look)];
}

/** The end of the report: the stages that were not tried, and the first failure with its reason. */
export function linesAtTheEnd(verdicts: readonly Verdict[], look: Look): string[] {
  const first = verdicts.find(({ status }) => status === 'failed');
  return [
    ...leftOut(verdicts).map((line) => colored(line, 'gray', look)),
    ...(first ? ['', headOf(first, look), ...fieldsOf(fullOf(first), look)] : []),
    '',
    summaryOf(verdicts),
  ];
}

/** The stages that were not tried, a line for each reason: `– 2 to 11 not tried: they need stage 1`. */
function leftOut(verdicts: readonly Verdict[]): string[] {
  const left = verdicts.filter(({ status }) => status === 'not tried');
  const reasons = [...new Set(left.map(({ because = '' }) => because))];
  return reasons.map((reason) => {
    const numbers = left.filter(({ because }) => because === reason).map(({ number }) => number);
    const why = numbers.length > 1 ? reason.replace(/^it needs/, 'they need') : reason;
    return `– ${rangesOf(numbers)} not tried: ${why}`;
  });
}

/** `2 to 5, 7` */
function rangesOf(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges
    .map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`))
    .join(', ');
}

/** One stage with all that is to be said of it. */
function linesOf(verdict: Verdict, look: Look): string[] {
  const { because, details } = verdict;
  if (because !== undefined) return [headOf(verdict, look), `${INDENT} not tried: ${because}`];
  return [headOf(verdict, look), ...(details ? fieldsOf(fullOf(verdict), look) : [])];
}

function headOf({ number, title, status, seconds }: Verdict, look: Look): string {
  const { sign, color } = SIGNS[status];
  const name = `${sign} ${String(number).padStart(2)} ${title}`;
  const time = status === 'not tried' ? '' : `${seconds.toFixed(1)} s`;
  return colored(`${name.padEnd(TITLE_WIDTH)} ${time.padStart(8)}`.trimEnd(), color, look);
}

function colored(text: string, color: Color, { hasColor }: Look): string {
  return hasColor ? styleText(color, text, { validateStream: false }) : text;
}

type Field = readonly [label: string, text: string | undefined];

function fullOf(verdict: Verdict): Field[] {
  const { details, slide } = verdict;
  if (!details) return [];
  return [
    ['slide', slide?.replace(/^slide /, '')],
    ['did', details.did],
    ['expected', details.expected],
    ['came', details.came],
    likelyOf(details),
    ['where', details.where],
    ['saw', details.saw?.length ? details.saw.join('\n') : undefined],
    ['try', details.try],
    ['printed', printedOf(verdict)],
  ];
}

function shortOf(details: Details): Field[] {
  return [['came', details.came], likelyOf(details)];
}

function likelyOf({ likely }: Details): Field {
  const label = likely?.startsWith('probably ') ? 'probably' : 'likely';
  return [label, likely?.replace(/^probably /, '')];
}

function fieldsOf(fields: readonly Field[], look: Look): string[] {
  return fields.flatMap(([label, text]) => {
    if (text === undefined) return [];
    const lines = field(label, text, look.columns);
    return CAUSES.has(label) ? lines.map((line) => colored(line, 'bold', look)) : lines;
  });
}

/** A label and its text; each line of the text is wrapped, one with a caret is left as it is. */
function field(label: string, text: string, columns: number): string[] {
  const width = columns - INDENT.length - LABEL_WIDTH;
  const lines = text
    .split('\n')
    .map(escapeControls)
    .flatMap((line) => (/^ *\^/.test(line) ? [line] : wrap(line, width).split('\n')));
  return lines.map((line, index) =>
    `${INDENT} ${(index === 0 ? label : '').padEnd(LABEL_WIDTH - 1)}${line}`.trimEnd(),
  );
}

/** What the program printed of its error, and how it ended; undefined if there is neither. */
function printedOf({ printed = '', ended }: Verdict): string | undefined {
  const lines = tellingLines(printed).map((line) => line.slice(0, MOST_SHOWN));
  const end = ended === undefined ? [] : [`(your program ${ended})`];
  if (lines.length === 0 && (ended ?? '').endsWith(' exit code 0')) return undefined; // says nothing
  const all = [...lines, ...end];
  return all.length > 0 ? all.join('\n') : undefined;
}

/** The closing line, and where to begin. */
export function summaryOf(verdicts: readonly Verdict[]): string {
  const count = (status: Status) => verdicts.filter((verdict) => verdict.status === status).length;
  const remark = count('warned') > 0 ? ` (${count('warned')} with a remark)` : '';
  const parts = [
    `${count('passed') + count('warned')} passed${remark}`,
    `${count('failed')} failed`,
  ];
  if (count('not tried') > 0) parts.push(`${count('not tried')} not tried`);
  const first = verdicts.find(({ status }) => status === 'failed');
  const next = first ? `. Begin with stage ${first.number}.` : '';
  return `${parts.join(', ')}${next}`;
}

/** Whether no stage failed, none was left out because time ran out, and at least one was tried. */
export function hasPassed(verdicts: readonly Verdict[]): boolean {
  const isBad = ({ status, because }: Verdict) => status === 'failed' || because === TIME_IS_UP;
  return verdicts.some(isGood) && !verdicts.some(isBad);
}

export function isGood({ status }: Verdict): boolean {
  return status === 'passed' || status === 'warned';
}

/** One stage as lines of text, without its head. */
export function plain(verdict: Verdict): string {
  return linesOf(verdict, { columns: Infinity, hasColor: false }).slice(1).join('\n');
}
