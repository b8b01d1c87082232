import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import type { SourceLine } from '../../src/trace/record';

const MOST_MS = 5000;

/** A place in a compiled program from which a call was made. */
export interface Frame {
  readonly file: string;
  readonly fn: string;
  readonly address: number;
}

/**
 * Finds the source lines of those frames that are in the student's folder, where a program was compiled
 * with them (`cc -g`).
 * @returns what gives the line of a stack of frames.
 */
export function linesOf(
  frames: readonly Frame[],
  folder: string,
): (frames: readonly Frame[]) => { at?: SourceLine } {
  const own = frames.filter(({ file }) => file.startsWith(folder + path.sep));
  const lines = new Map<string, SourceLine>();
  for (const file of new Set(own.map((frame) => frame.file))) {
    const there = own.filter((frame) => frame.file === file);
    const addresses = [...new Set(there.map(({ address }) => address))];
    for (const [index, text] of addr2line(file, addresses).entries()) {
      const address = addresses[index] ?? 0;
      const fn = there.find((frame) => frame.address === address)?.fn ?? '';
      const [, source = '', line] = /^(.+):(\d+)/.exec(text) ?? [];
      const short = path.relative(folder, path.resolve(folder, source)).replaceAll(path.sep, '/');
      if (source !== '' && source !== '??' && !short.startsWith('..'))
        lines.set(`${file} ${address}`, { file: short, line: Number(line), col: 1, fn });
    }
  }
  return (stack) => {
    const found = stack.map(({ file, address }) => lines.get(`${file} ${address}`)).find(Boolean);
    return found ? { at: found } : {};
  };
}

/** A call returns to the instruction after it, so the address before that is looked up. */
function addr2line(file: string, addresses: readonly number[]): string[] {
  const hex = addresses.map((address) => (address - 1).toString(16));
  const { stdout, status } = spawnSync('addr2line', ['-e', file, ...hex], {
    encoding: 'utf8',
    timeout: MOST_MS,
  });
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
}
