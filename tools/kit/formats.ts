import { escapeHtml } from '../lab/escapeHtml';
import { type Points, scoreOf, sumOf } from './points';
import { hasPassed, isGood, linesAtTheEnd, linesNow, plain } from './report';
import type { Status, Verdict } from './stage';

/** What a run has found. */
export interface Result {
  readonly program: string;
  readonly command: readonly string[];
  readonly verdicts: readonly Verdict[];
  readonly points: Points;
  /** Why the run did not come to its end, if it did not. */
  readonly problem?: string | undefined;
}

/** All as JSON; docs/kit-json.md has its schema. */
export function toJson({ program, command, verdicts, points, problem }: Result): string {
  const stages = verdicts.map((verdict) => {
    const { number, title, slide, status, seconds, details, because, printed, ended } = verdict;
    return {
      number,
      title,
      slide,
      status,
      seconds: rounded(seconds),
      ...scoreOf(verdict, points),
      because,
      ...details,
      printed: details && printed,
      ended: details && ended,
    };
  });
  const passed = problem === undefined && hasPassed(verdicts);
  const all = { version: 1, program, command, passed, ...sumOf(verdicts, points), problem, stages };
  return `${JSON.stringify(all, undefined, 2)}\n`;
}

/** JUnit's XML, as CI systems read it. */
export function toJunit({ program, verdicts, points, problem }: Result): string {
  const count = (status: Status) => verdicts.filter((verdict) => verdict.status === status).length;
  const time = rounded(verdicts.reduce((sum, { seconds }) => sum + seconds, 0));
  const cases = verdicts.map((verdict) => {
    const { number, title, seconds, status, because } = verdict;
    const open = `  <testcase classname="${xml(program)}" name="${xml(`${number} ${title}`)}" time="${rounded(seconds)}"`;
    const text = xml(plain(verdict));
    if (status === 'failed')
      return `${open}>\n    <failure message="${xml(verdict.details?.came ?? '')}">${text}</failure>\n  </testcase>`;
    if (status === 'not tried')
      return `${open}>\n    <skipped message="${xml(because ?? '')}"/>\n  </testcase>`;
    if (status === 'warned') return `${open}>\n    <system-out>${text}</system-out>\n  </testcase>`;
    return `${open}/>`;
  });
  const errors = problem === undefined ? [] : [`  <system-err>${xml(problem)}</system-err>`];
  const sum = sumOf(verdicts, points);
  const properties = `  <properties>\n    <property name="points" value="${sum.points}"/>\n    <property name="of" value="${sum.of}"/>\n  </properties>`;
  const head = `<testsuite name="${xml(program)}" tests="${verdicts.length}" failures="${count('failed')}" skipped="${count('not tried')}" errors="${errors.length}" time="${time}">`;
  const lines = [head, properties, ...cases, ...errors, '</testsuite>'];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines.join('\n')}\n`;
}

/** Gradescope's results.json: a test for each stage. */
export function toGradescope({ verdicts, points, problem }: Result): string {
  const tests = verdicts.map((verdict) => {
    const score = scoreOf(verdict, points);
    return {
      number: String(verdict.number),
      name: verdict.title,
      score: score.points,
      max_score: score.of,
      status: isGood(verdict) ? 'passed' : 'failed',
      visibility: 'visible',
      output: plain(verdict),
    };
  });
  const seconds = verdicts.reduce((sum, verdict) => sum + verdict.seconds, 0);
  const all = {
    score: sumOf(verdicts, points).points,
    execution_time: Math.ceil(seconds),
    visibility: 'visible',
    output: problem,
    tests,
  };
  return `${JSON.stringify(all, undefined, 2)}\n`;
}

/**
 * What Moodle's VPL reads from the output: the report as a comment, and the grade. A line that begins
 * with `>` is shown as it is, so that nothing a program prints can be taken for a grade.
 */
export function toVpl({ verdicts, points, problem }: Result, outOf: number): string {
  const look = { columns: 100, hasColor: false };
  const first = verdicts.find(({ status }) => status === 'failed');
  const report = [
    ...verdicts.flatMap((verdict) => linesNow(verdict, look, verdict === first)),
    ...linesAtTheEnd(verdicts, look),
    ...(problem === undefined ? [] : [problem]),
  ];
  const sum = sumOf(verdicts, points);
  const grade = sum.of === 0 ? 0 : Math.round((sum.points / sum.of) * outOf * 100) / 100;
  return `${['<|--', ...report.map((line) => `>${line}`), '--|>', `Grade :=>> ${grade}`].join('\n')}\n`;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** XML 1.0 has no way to write most control characters, half of a surrogate pair, or U+FFFE and U+FFFF. */
function xml(text: string): string {
  return escapeHtml(text.replace(/(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, '\ufffd'));
}
