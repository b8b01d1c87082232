import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs';
import * as path from 'node:path';

const NOT_LOOKED_INTO = new Set(['node_modules', '.git', '__pycache__', '.venv', 'venv']);
const MOST_FILES = 200_000;
/** Does not wait for the writer of a pipe, and does not follow a link; Windows has neither. */
const NO_WAIT = process.platform === 'win32' ? 0 : constants.O_NONBLOCK | constants.O_NOFOLLOW;
const DEEPEST = 5;
/** One line has at most this many bytes. */
const READ_BYTES = 8192;

/** The files of a folder and its subfolders, each with values that change when it is written. */
export type Files = ReadonlyMap<string, string>;

/** Looks at a folder as it is now. Files that vanish meanwhile are left out. */
export function lookInto(folder: string): Files {
  const files = new Map<string, string>();
  const visit = (parent: string, depth: number) => {
    for (const entry of entriesOf(parent)) {
      const full = path.join(parent, entry.name);
      if (files.size >= MOST_FILES) return;
      if (entry.isDirectory() && depth < DEEPEST && !NOT_LOOKED_INTO.has(entry.name))
        visit(full, depth + 1);
      if (entry.isFile()) files.set(full, stampOf(full));
    }
  };
  visit(folder, 1);
  return files;
}

/** Those that are new, or were written. */
export function written(before: Files, after: Files): string[] {
  return [...after].filter(([file, stamp]) => before.get(file) !== stamp).map(([file]) => file);
}

/**
 * The beginning of a file as text; empty if it is gone, or not a plain file: a link (also a hard link to a
 * file of another folder) could show what the program must not see, and a pipe would never end.
 */
export function readBeginning(file: string): string {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | NO_WAIT);
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile() || stat.nlink > 1) return '';
      const buffer = Buffer.alloc(READ_BYTES);
      return buffer.toString('utf8', 0, readSync(descriptor, buffer));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

/** The numbers in a file's name. */
export function numbersIn(file: string): bigint[] {
  return (path.basename(file).match(/\d+/g) ?? []).map(BigInt);
}

/** Whether the numbers of one name are higher than those of another, the first that differ. */
export function isHigher(file: string, than: string): boolean {
  const numbers = numbersIn(file);
  const others = numbersIn(than);
  const at = numbers.findIndex((number, index) => number !== others[index]);
  return at !== -1 && (numbers[at] ?? 0n) > (others[at] ?? -1n);
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function stampOf(file: string): string {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true, throwIfNoEntry: false }) ?? {
    ino: 0n,
    size: 0n,
    mtimeNs: 0n,
  };
  return `${ino} ${size} ${mtimeNs}`;
}
