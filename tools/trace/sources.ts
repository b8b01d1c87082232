import { readFileSync, realpathSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { type SourceRecord, type TraceRecord, VERSION } from '../../src/trace/record';

const MOST_BYTES = 200_000;
export const MOST_FILES = 20;

/**
 * The sources that the records of a student's program name, as records: so they stay together. Only
 * files in the program's folder, whatever the records say.
 */
export function sourcesFor(records: readonly TraceRecord[], folder: string): SourceRecord[] {
  return sourcesOf(filesIn(records).slice(0, MOST_FILES), folder);
}

/** The files that these records name. */
export function filesIn(records: readonly TraceRecord[]): string[] {
  const named = records.flatMap((record) =>
    record.type === 'call' || record.type === 'crashed' || record.type === 'logged'
      ? [record.at?.file, 'lab' in record ? record.lab.file : undefined]
      : [],
  );
  return [...new Set(named)].filter((file) => file !== undefined);
}

/** Those that are in the folder. */
export function sourcesOf(files: readonly string[], folder: string): SourceRecord[] {
  return files.flatMap((file) => {
    const text = readIn(folder, file);
    return text === undefined ? [] : [{ v: VERSION, type: 'source', file, text } as const];
  });
}

function readIn(folder: string, file: string): string | undefined {
  try {
    const root = realpathSync(folder);
    const whole = realpathSync(path.resolve(root, file));
    const { size } = statSync(whole);
    const isInside = whole.startsWith(root + path.sep);
    return isInside && size <= MOST_BYTES ? readFileSync(whole, 'utf8') : undefined;
  } catch {
    return undefined; // a file of the library's, or one that is gone
  }
}
