import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { explain } from '../../src/text/errno';
import { type Result, toGradescope, toJson, toJunit } from './formats';
import { KitError } from './KitError';

/** Where a result is written to. */
export interface Targets {
  readonly json?: string;
  readonly junit?: string;
  readonly gradescope?: string;
}

/** @throws KitError when a file can't be written. */
export function writeResults({ json, junit, gradescope }: Targets, result: Result): void {
  if (json !== undefined) replaceFile(json, toJson(result));
  if (junit !== undefined) replaceFile(junit, toJunit(result));
  if (gradescope !== undefined) replaceFile(gradescope, toGradescope(result));
}

/**
 * Puts a new file in the place of whatever has this name: a program under test may have put a link there,
 * or a pipe that nobody reads.
 * @throws KitError when that can't be done.
 */
export function replaceFile(file: string, text: string): void {
  const fresh = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}`);
  try {
    writeFileSync(fresh, text, { flag: 'wx' });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new KitError(`${file}: ${explain('open', error)}`);
  }
}
