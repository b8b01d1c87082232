import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

const FILE = 'coverage/outcome.json';

/** A test that failed. */
export interface Failure {
  /** Its compiled file, from the project's folder on; empty if mocha does not say. */
  readonly file: string;
  readonly title: string;
  readonly message: string;
}

/** How `npm test` came out; `tools/gate.ts` reads it. */
export interface Outcome {
  readonly passes: number;
  readonly failures: readonly Failure[];
  /** The steps that failed: types, lint, tests, ... */
  readonly failedSteps: readonly string[];
}

export const NOTHING_YET: Outcome = { passes: 0, failures: [], failedSteps: [] };

export function readOutcome(): Outcome {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Outcome) : NOTHING_YET;
}

export function writeOutcome(outcome: Outcome): void {
  mkdirSync(path.dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify(outcome, undefined, 2));
}

export function forgetOutcome(): void {
  rmSync(FILE, { force: true });
}
