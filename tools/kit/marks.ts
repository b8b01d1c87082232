import { escapeControls } from '../../src/text/escape';
import { escapeHtml } from '../lab/escapeHtml';

/** What one student has reached. */
export interface Mark {
  readonly student: string;
  readonly points: number;
  readonly of: number;
  /** Number and title of the first stage that failed. */
  readonly failure: string | undefined;
  readonly cause: string | undefined;
  readonly seconds: number;
  /** Why it could not be judged. */
  readonly problem: string | undefined;
  readonly report: string;
}

const MOST_NAME = 30;

/** All marks as lines for a terminal. */
export function tableOf(marks: readonly Mark[]): string {
  const width = Math.min(MOST_NAME, Math.max(7, ...marks.map(({ student }) => student.length)));
  const line = (name: string, points: string, seconds: string, failure: string) =>
    `${name.slice(0, width).padEnd(width)} ${points.padStart(9)} ${seconds.padStart(6)}  ${failure}`;
  const rows = marks.map(({ student, points, of, seconds, failure, problem }) =>
    line(
      escapeControls(student),
      `${points} of ${of}`,
      `${seconds}`,
      problem ?? failure ?? '',
    ).trimEnd(),
  );
  return `${[line('student', 'points', 's', 'fails first'), ...rows].join('\n')}\n`;
}

/** Which stages fail first, and how often: what there is to teach. */
export function sharedFailures(marks: readonly Mark[]): string {
  const counts = countsOf(marks);
  if (counts.length === 0) return '';
  const lines = counts.map(([failure, count]) => `${String(count).padStart(5)}  ${failure}`);
  return `${['students fail first', ...lines].join('\n')}\n`;
}

function countsOf(marks: readonly Mark[]): [failure: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { failure } of marks)
    if (failure !== undefined) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** As a table for a spreadsheet (RFC 4180). */
export function toCsv(marks: readonly Mark[]): string {
  const rows = marks.map(({ student, points, of, failure, cause, seconds, problem }) =>
    [student, points, of, failure ?? '', cause ?? '', seconds, problem ?? ''].map(cell).join(','),
  );
  return `${['student,points,of,fails first,cause,seconds,problem', ...rows].join('\r\n')}\r\n`;
}

/** A spreadsheet would evaluate a name that begins like a formula: a quote in front makes it text. */
function cell(value: string | number): string {
  const text =
    typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One page with the marks, and each report one click away. */
export function toPage(program: string, marks: readonly Mark[]): string {
  const rows = marks.map(
    ({ student, points, of, failure, problem, seconds }, index) =>
      `<tr><th scope="row"><a href="#report-${index}">${escapeHtml(student)}</a></th><td>${points} of ${of}</td><td>${escapeHtml(problem ?? failure ?? '')}</td><td>${seconds}</td></tr>`,
  );
  const counts = countsOf(marks).map(
    ([failure, count]) => `<tr><td>${count}</td><td>${escapeHtml(failure)}</td></tr>`,
  );
  const reports = marks.map(
    ({ student, report }, index) =>
      `<section id="report-${index}"><h2>${escapeHtml(student)}</h2><pre>${escapeHtml(report)}</pre><p><a href="#marks">Back to the marks</a></p></section>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Marks: ${escapeHtml(program)}</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top }
td:nth-child(2) { white-space: nowrap }
pre { overflow-x: auto; padding: 1rem; background: #8881 }
section { display: none; scroll-margin-top: 1rem }
section:target { display: block }
@media print { section { display: block } }
</style>
<h1 id="marks">Marks: ${escapeHtml(program)}</h1>
${reports.join('\n')}
<table>
<thead><tr><th scope="col">Student</th><th scope="col">Points</th><th scope="col">Fails first</th><th scope="col">Seconds</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<h2>What fails first</h2>
<table>
<thead><tr><th scope="col">Students</th><th scope="col">Stage</th></tr></thead>
<tbody>
${counts.join('\n')}
</tbody>
</table>
</html>
`;
}
