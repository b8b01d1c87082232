import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../lab/LabProgram';

const FILE = path.join(ROOT, 'node_modules/.cache/lab3-live/secret');
const FORM = /^[\da-f-]{36}$/;

/** The secret in the page's address: kept where only its owner can read it, or new where that can't be. */
export function keptSecret(file = FILE): string {
  const own = randomUUID();
  const draft = `${file}.${own}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(draft, own, { mode: 0o600 });
    keep(draft, file);
    const kept = readFileSync(file, 'utf8');
    return FORM.test(kept) ? kept : own;
  } catch {
    return own;
  } finally {
    removeIfThere(draft);
  }
}

function removeIfThere(file: string): void {
  try {
    rmSync(file);
  } catch {
    // it could not be made
  }
}

/** In one step, so that no other process reads half of it; the first process makes it. */
function keep(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
