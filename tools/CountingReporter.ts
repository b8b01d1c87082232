import * as path from 'node:path';
import { type MochaOptions, reporters, type Runner, type Test } from 'mocha';
import { type Failure, readOutcome, writeOutcome } from './outcome';

/** Mocha's spec reporter, which also adds its counts and failures to those that `tools/check.ts` reads. */
export = class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const failures: Failure[] = [];
    runner.on('fail', (test: Test, error: Error) => {
      const file = test.file === undefined ? '' : path.relative('', test.file);
      failures.push({ file, title: test.titlePath().join(' '), message: error.message });
    });
    runner.once('end', () => {
      const before = readOutcome();
      writeOutcome({
        ...before,
        passes: before.passes + this.stats.passes,
        failures: [...before.failures, ...failures],
      });
    });
  }
};
