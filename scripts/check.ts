/** `npm test`: types, lint, format and tests, and one closing line. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';

const STATS = path.join(__dirname, '../coverage/stats.json');

const STEPS = [
  ['types', 'tsc'],
  ['lint', 'eslint .'],
  ['format', 'prettier --check --log-level warn .'],
  [
    'tests and coverage',
    'c8 mocha --parallel --reporter scripts/CountingReporter.ts "test/**/*.test.ts"',
  ],
] as const;

rmSync(STATS, { force: true });
const failed = STEPS.filter(([name, command]) => {
  console.log(`\n${name}: ${command}`);
  return spawnSync(command, { shell: true, stdio: 'inherit' }).status !== 0;
});
const tests = existsSync(STATS)
  ? (JSON.parse(readFileSync(STATS, 'utf8')) as { passes: number; failures: number })
  : { passes: 0, failures: 0 };

// A step that failed with no failing test of its own (types, coverage) is one failure.
const failures = Math.max(tests.failures, failed.length);
for (const [name] of failed) console.log(`failed: ${name}`);
console.log(`${tests.passes} passed, ${failures} failed`);
process.exitCode = failures === 0 && tests.passes > 0 ? 0 : 1;
