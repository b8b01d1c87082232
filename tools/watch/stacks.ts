import type { SourceLine } from '../../src/trace/record';

/**
 * The lines where the threads of a Python program are, as our sitecustomize.py writes them: for each process a
 * line of JSON, with its main thread first. The program itself may have written something else.
 */
export function placesIn(text: string): SourceLine[][] {
  const complete = text.split('\n').slice(0, -1);
  return complete.map((line) => arrayIn(line).filter(isPlace));
}

function arrayIn(line: string): unknown[] {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isPlace(value: unknown): value is SourceLine {
  const { file, line } = (value ?? {}) as Record<string, unknown>;
  return typeof file === 'string' && typeof line === 'number';
}
