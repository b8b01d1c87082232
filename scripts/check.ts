/** `npm test`: types, lint, format and tests, and one closing line. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

const STATS = 'coverage/stats.json';
const PROGRESS_MS = 10_000;

// The tests run what the first step has built: 150 programs start three times as fast as with ts-node.
const STATIC = [
  ['types', 'tsc -p tsconfig.build.json'],
  ['lint', 'eslint .'],
  ['format', 'prettier --check --log-level warn .'],
] as const;
// On Windows there are no signals and no process groups to end programs with.
const WITHOUT_PROGRAMS = '--ignore "build/test/{faults,programs}/**"';
const isWindows = process.platform === 'win32';
const TESTS = [
  'tests and coverage',
  `c8 ${isWindows ? '--check-coverage=false ' : ''}mocha --parallel --jobs 4 ${isWindows ? WITHOUT_PROGRAMS : ''} --reporter build/scripts/CountingReporter.js "build/test/**/*.test.js"`,
] as const;

const begun = performance.now();
const seconds = () => Math.round((performance.now() - begun) / 1000);

async function main(): Promise<void> {
  console.log('npm test takes about a minute on two idle cores.');
  if (isWindows) console.log('Left out on Windows: tests that start programs; they need signals.');
  const progress = setInterval(() => {
    console.log(`... ${seconds()} s`);
  }, PROGRESS_MS);
  rmSync(STATS, { force: true });
  rmSync('build', { recursive: true, force: true }); // or tests that are gone would still run

  const failed = [...(await Promise.all(STATIC.map(run))).flat(), ...(await run(TESTS))];
  clearInterval(progress);

  const tests = existsSync(STATS)
    ? (JSON.parse(readFileSync(STATS, 'utf8')) as { passes: number; failures: number })
    : { passes: 0, failures: 0 };
  // A step that failed with no failing test of its own (types, coverage) is one failure.
  const failures = Math.max(tests.failures, failed.length);
  for (const name of failed) console.log(`failed: ${name}`);
  console.log(`${seconds()} s`);
  console.log(`${tests.passes} passed, ${failures} failed`);
  process.exitCode = failures === 0 && tests.passes > 0 ? 0 : 1;
}

/** Runs one step; gives its name if it failed. */
function run([name, command]: readonly [string, string]): Promise<string[]> {
  console.log(`${name}: ${command}`);
  return new Promise((resolve) => {
    spawn(command, { shell: true, stdio: 'inherit' }).once('close', (code) => {
      resolve(code === 0 ? [] : [name]);
    });
  });
}

void main();
