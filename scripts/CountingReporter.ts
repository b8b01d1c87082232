import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { type MochaOptions, reporters, type Runner } from 'mocha';

const STATS = 'coverage/stats.json';

/** Mocha's spec reporter, which also leaves its counts for `scripts/check.ts`. */
export = class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.once('end', () => {
      mkdirSync(path.dirname(STATS), { recursive: true });
      writeFileSync(STATS, JSON.stringify(this.stats));
    });
  }
};
