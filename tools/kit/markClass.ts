import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { out } from '../../src/cli/Output';
import { escapeControls } from '../../src/text/escape';
import { type Check, checkOne } from './checkOne';
import { type Result, toJson } from './formats';
import { KitError } from './KitError';
import { type Mark, sharedFailures, tableOf, toCsv, toPage } from './marks';
import { sumOf } from './points';
import { replaceFile } from './results';
import { ANY_PORT } from './stage';

const PLAIN = { columns: 100, hasColor: false };

/** How a class is marked. */
export interface ClassTerms {
  /** Each folder in it is a submission. */
  readonly folder: string;
  /** A folder that is there. */
  readonly reports: string;
  readonly jobs: number;
  readonly csv?: string;
  readonly html?: string;
  /** What a sandbox lacks here. */
  readonly missing: readonly string[];
}

/**
 * Checks each submission of a class, and prints the progress. A report that is there already is kept, if it
 * is newer than the submission, so that a run that was cut off goes on.
 * @returns the exit code: 0 when all could be judged.
 * @throws KitError when there are no submissions.
 */
export async function markClass(
  check: Check,
  terms: ClassTerms,
  stop: AbortSignal,
): Promise<number> {
  const students = submissionsIn(terms.folder);
  const marks = new Map<string, Mark>();
  for (const student of students) {
    const kept = keptMark(student, check, terms);
    if (kept) marks.set(student, kept);
  }
  if (marks.size > 0) out.write(`Reports kept from an earlier run: ${marks.size}.\n`);
  const waiting = students.filter((student) => !marks.has(student));
  const work = async () => {
    for (let student = waiting.shift(); student !== undefined; student = waiting.shift()) {
      const mark = await markOne(student, check, terms, stop);
      if (mark.problem !== undefined && stop.aborted) return; // the next start checks it again
      marks.set(student, mark);
      out.write(`${lineOf(mark)} (${students.length - marks.size} left)\n`);
    }
  };
  await Promise.all(Array.from({ length: jobsFor(check, terms.jobs) }, work));

  const all = students.flatMap((student) => marks.get(student) ?? []);
  out.write(`\n${tableOf(all)}\n${sharedFailures(all)}`);
  if (terms.csv !== undefined) replaceFile(terms.csv, toCsv(all));
  if (terms.html !== undefined) replaceFile(terms.html, toPage(check.name, all));
  if (stop.aborted) {
    out.write(
      `${String(stop.reason)}: run the same command again to go on with the ${students.length - all.length} that are left.\n`,
    );
    return 2;
  }
  return all.some(({ problem }) => problem !== undefined) ? 2 : 0;
}

function submissionsIn(folder: string): string[] {
  try {
    const students = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
    if (students.length > 0) return students.sort((a, b) => a.localeCompare(b, 'en'));
  } catch (error) {
    throw new KitError(`there are no submissions: ${(error as Error).message}`);
  }
  throw new KitError(`there are no folders in ${folder}: each submission needs its own folder`);
}

/** Programs that all have the port of the slides run one after the other. */
function jobsFor({ command, port }: Check, jobs: number): number {
  return port === ANY_PORT || command.some((part) => part.includes('{port}')) ? jobs : 1;
}

async function markOne(
  student: string,
  check: Check,
  { folder, reports, missing }: ClassTerms,
  stop: AbortSignal,
): Promise<Mark> {
  const lines: string[] = [];
  const own = { ...check, cwd: path.join(folder, student), look: PLAIN };
  const { result } = await checkOne(own, missing, (line) => lines.push(line), stop);
  const report = `${lines.join('\n')}\n${result.problem === undefined ? '' : `\n${result.problem}\n`}`;
  const mark = markOf(student, result, report);
  if (stop.aborted) return mark;
  replaceFile(path.join(reports, `${student}.txt`), report);
  const kept = { ...mark, result: JSON.parse(toJson(result)) as unknown, terms: termsOf(check) };
  replaceFile(path.join(reports, `${student}.json`), `${JSON.stringify(kept, undefined, 2)}\n`);
  return mark;
}

function markOf(student: string, result: Result, report: string): Mark {
  const { verdicts, points, problem } = result;
  const first = verdicts.find(({ status }) => status === 'failed');
  const seconds = verdicts.reduce((sum, verdict) => sum + verdict.seconds, 0);
  return {
    student,
    ...sumOf(verdicts, points),
    failure: first && `${first.number} ${first.title}`,
    cause: first?.details?.likely,
    seconds: Math.round(seconds * 10) / 10,
    problem,
    report,
  };
}

/** The settings that a report was made with: a report with other settings does not count. */
function termsOf({ name, command, points, only, isByLines, question, isBrief }: Check): string {
  return JSON.stringify([name, command, [...points], only, isByLines, question, isBrief]);
}

function keptMark(
  student: string,
  check: Check,
  { folder, reports }: ClassTerms,
): Mark | undefined {
  const file = path.join(reports, `${student}.json`);
  try {
    const isOlder = statSync(file).mtimeMs < newestIn(path.join(folder, student));
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Mark & { terms: string };
    return isOlder || kept.terms !== termsOf(check) || kept.problem !== undefined
      ? undefined
      : kept;
  } catch {
    return undefined; // there is none, or only half of one
  }
}

/** When something in a submission was changed last. */
function newestIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const times = ['.', ...files].map(
    (file) => statSync(path.join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Math.max(...times);
}

function lineOf({ student, points, of, failure, problem, seconds }: Mark): string {
  const why = problem ?? (failure === undefined ? 'all passed' : `fails ${failure}`);
  return `${escapeControls(student)}: ${points} of ${of}, ${why}, ${seconds} s`;
}
