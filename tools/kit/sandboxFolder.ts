import { chmodSync, chownSync, cpSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { temporaryFolder } from '../lab/temporaryFolder';
import { KitError } from './KitError';

/** A folder with more than that is no submission. */
const MOST_FILES = 5000;
const ALL_MAY_PASS = 0o755;

/**
 * A copy of a student's folder, which belongs to the user that runs the program.
 * @throws KitError for a folder that is not there, or that has too much in it.
 */
export function copyFor(folder: string, user: number | undefined): string {
  if (namesIn(folder).length > MOST_FILES)
    throw new KitError(
      `${folder} has more than ${MOST_FILES} files: a sandbox copies the folder, so name only the student's folder with --cwd`,
    );
  const outside = temporaryFolder('kit');
  chmodSync(outside, ALL_MAY_PASS);
  const copy = path.join(outside, 'program');
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true, filter: isPlain });
  chmodSync(copy, ALL_MAY_PASS);
  giveTo(user, copy);
  return copy;
}

/** Makes a folder, and all in it, belong to a user; undefined leaves it as it is. */
export function giveTo(user: number | undefined, folder: string): void {
  if (user === undefined) return;
  for (const name of namesIn(folder)) lchownSync(path.join(folder, name), user, user);
  chownSync(folder, user, user);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw new KitError(`there is no folder ${folder} (${(error as Error).message})`);
  }
}

/** What can be copied: no pipe that waits for its other end, no device. */
function isPlain(file: string): boolean {
  const stat = lstatSync(file);
  return stat.isFile() || stat.isDirectory() || stat.isSymbolicLink();
}
