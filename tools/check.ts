/**
 * `npm test`: types, lint, format and tests, and one closing line. Options for mocha may follow `--`;
 * what only runs a part of the tests is not linted, and not held to a coverage.
 */
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import * as path from 'node:path';
import { forgetOutcome, readOutcome, writeOutcome } from './outcome';

const PROGRESS_MS = 10_000;

type Step = readonly [name: string, command: string, env?: NodeJS.ProcessEnv];

// The tests run what this has built: 150 programs start three times as fast as with ts-node.
const BUILD: Step = ['types', 'npm run -s build'];
const STATIC: readonly Step[] = [
  ['other types', 'tsc --noEmit -p starter && tsc --noEmit -p tools/page/browser'],
  ['lint', 'eslint .'],
  ['format', 'prettier --check --log-level warn .'],
];
// On Windows there are no signals and no process groups to end programs with.
const WITHOUT_PROGRAMS = '--ignore "build/test/{faults,programs,tools/kit}/**"';
const isWindows = process.platform === 'win32';
const options = process.argv.slice(2).map((option) => JSON.stringify(option));
const isPart = isWindows || options.length > 0;
const JOBS = 5;
/** A Python for the tests, without packages. */
const PYTHON = 'build/python';
const mocha = (jobs: number, files: string) =>
  `mocha --parallel --jobs ${jobs} --reporter build/tools/CountingReporter.js ${options.join(' ')} ${files}`;
const LONG = [
  '"build/test/tools/{live,site}/*.test.js"',
  '"build/test/tools/kit/*.test.js"',
  '"build/test/programs/*.test.js"',
];
const OTHERS = '"build/test/{*,!(programs|tools)/**/*,tools/{*,!(kit|live|site)/**/*}}.test.js"';
// Those that take longest begin, and much of them is waiting: so there are more jobs than cores.
const FILES = isWindows
  ? `${WITHOUT_PROGRAMS} "build/test/**/*.test.js"`
  : [...LONG, OTHERS].join(' ');
const TESTS: Step = ['tests', mocha(JOBS, FILES)];
/** Where each program that the tests start writes its coverage. */
const COVERED = 'coverage/tmp';
const COVERED_TESTS: Step = ['tests', TESTS[1], { NODE_V8_COVERAGE: path.resolve(COVERED) }];
const COVERAGE: Step = ['coverage', 'c8 report'];

let env = process.env;
const begun = performance.now();
const seconds = () => Math.round((performance.now() - begun) / 1000);

async function main(): Promise<void> {
  console.log('npm test takes five to ten minutes on two cores.');
  if (isWindows) console.log('Left out on Windows: tests that start programs; they need signals.');
  const progress = setInterval(() => {
    console.log(`... ${seconds()} s`);
  }, PROGRESS_MS);
  forgetOutcome();
  // The gate runs the same build on two releases of Node.
  const isBuilt = process.env['LAB_BUILT'] !== undefined;
  if (!isBuilt) rmSync('build', { recursive: true, force: true }); // or tests that are gone would still run
  env = quickToStart(process.env);

  const others = Promise.all((isBuilt || options.length > 0 ? [] : STATIC).map(run));
  const failed = isBuilt ? [] : await run(BUILD);
  rmSync(COVERED, { recursive: true, force: true });
  failed.push(...(await run(isPart ? TESTS : COVERED_TESTS)), ...(await others).flat());
  if (!isPart) failed.push(...(await run(COVERAGE)));
  clearInterval(progress);

  const outcome = { ...readOutcome(), failedSteps: failed };
  writeOutcome(outcome);
  // A step that failed with no failing test of its own (types, coverage) is one failure.
  const failures = Math.max(outcome.failures.length, failed.length);
  for (const name of failed) console.log(`failed: ${name}`);
  console.log(`${seconds()} s`);
  console.log(`${outcome.passes} passed, ${failures} failed`);
  process.exitCode = failures === 0 && outcome.passes > 0 ? 0 : 1;
}

/**
 * The tests start Python and Node some 2,000 times each. So they leave out what a machine may have added to
 * each start: certificates for Node, packages and version managers (pyenv) for Python.
 */
function quickToStart({ NODE_EXTRA_CA_CERTS: _, ...others }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const made = spawnSync('python3', ['-m', 'venv', '--without-pip', PYTHON]);
  if (made.status !== 0) return others;
  return { ...others, PATH: [path.resolve(PYTHON, 'bin'), others['PATH']].join(path.delimiter) };
}

/** Runs one step; gives its name if it failed. */
function run([name, command, more]: Step): Promise<string[]> {
  console.log(`${name}: ${command}`);
  return new Promise((resolve) => {
    const all = { ...env, ...more };
    spawn(command, { shell: true, stdio: 'inherit', env: all }).once('close', (code) => {
      resolve(code === 0 ? [] : [name]);
    });
  });
}

void main();
