import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { type MochaOptions, reporters, type Runner } from 'mocha';

const STATS = 'coverage/stats.json';

/** Mocha's spec reporter, which also adds its counts to those that `tools/check.ts` reads. */
export = class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      mkdirSync(path.dirname(STATS), { recursive: true });
      const before = existsSync(STATS) ? readFileSync(STATS, 'utf8') : '{"passes":0,"failures":0}';
      const { passes, failures } = JSON.parse(before) as { passes: number; failures: number };
      const sum = {
        passes: passes + this.stats.passes,
        failures: failures + this.stats.failures,
      };
      writeFileSync(STATS, JSON.stringify(sum));
    });
  }
};
