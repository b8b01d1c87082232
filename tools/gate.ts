/**
 * For `.ci/run`: runs `npm test`, and each test file that fails once more, by itself. One that passes
 * then most likely failed because the machine was slow: it is listed as unsteady, and the gate passes. More than
 * a few fail it. The list goes on from one call to the next in the file that UNSTEADY names.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Failure, forgetOutcome, type Outcome, readOutcome } from './outcome';

/** The gate fails if more files than this are unsteady. Each unsteady test is a defect. */
export const MOST_UNSTEADY = 3;
/** How the names of the steps begin whose tests may be run again. */
const TESTS = 'tests';

/** What came of it, with what had failed only once. */
export interface Judgement {
  readonly passes: number;
  readonly failures: number;
  readonly unsteady: readonly Failure[];
}

/**
 * @param unsteady those of earlier calls.
 * @param passesAlone runs a test file by itself, and says whether it passes.
 */
export function judge(
  { passes, failures, failedSteps }: Outcome,
  unsteady: readonly Failure[],
  passesAlone: (file: string) => boolean,
): Judgement {
  const files = [...new Set(failures.map(({ file }) => file))];
  const others = failedSteps.filter((step) => !step.startsWith(TESTS));
  const isHopeless = others.length > 0 || unsteady.length + files.length > MOST_UNSTEADY;
  const failed = failedSteps.length > 0 ? Math.max(failures.length, failedSteps.length) : 0;
  if (failed === 0) return { passes, failures: 0, unsteady };
  // A step that failed without a failing test, or in a file that is not known, can't be run again.
  if (isHopeless || files.length === 0 || files.includes(''))
    return { passes, failures: failed, unsteady };
  const steady = files.filter((file) => !passesAlone(file));
  const stillFail = failures.filter(({ file }) => steady.includes(file));
  const firstOfEach = failures.filter(
    ({ file }, index) =>
      !steady.includes(file) && failures.findIndex((other) => other.file === file) === index,
  );
  return {
    passes: passes + failures.length - stillFail.length,
    failures: stillFail.length,
    unsteady: [...unsteady, ...firstOfEach],
  };
}

function main(): void {
  const list = process.env['UNSTEADY'] ?? 'coverage/unsteady.json';
  const before = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Failure[]) : [];
  forgetOutcome(); // of an earlier call
  const { status } = spawnSync('npm', ['test', '--', ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  const outcome = withStatus(readOutcome(), status);
  const { passes, failures, unsteady } = judge(outcome, before, passesAlone);
  writeFileSync(list, JSON.stringify(unsteady));
  for (const { file, title, message } of unsteady)
    console.log(
      `unsteady: ${file}: ${title}\n          ${message.replaceAll('\n', '\n          ')}`,
    );
  console.log(`${passes} passed, ${failures} failed`);
  process.exitCode = failures === 0 && passes > 0 ? 0 : 1;
}

/** With a step more that failed, where `npm test` has ended without saying what did. */
export function withStatus(outcome: Outcome, status: number | null): Outcome {
  if (status === 0 || outcome.failedSteps.length > 0) return outcome;
  return { ...outcome, failedSteps: ['npm test'] };
}

function passesAlone(file: string): boolean {
  console.log(`once more, by itself: ${file}`);
  return spawnSync('npx', ['mocha', file], { stdio: 'inherit' }).status === 0;
}

if (require.main === module) main();
