import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { SourceLine } from './record';

const FRAMES = 16;
/** `    at async EchoServer.converse (/project/src/EchoServer.ts:11:33)` */
const FRAME = /^ +at (?:async )?(?:(.+?) \()?(?:file:\/\/)?(\/.+|[A-Z]:\\.+):(\d+):(\d+)\)?$/;
/** Those that make the calls, and those that carry them out. */
const SOCKETS =
  /^src\/(?:trace\/.*|socket\/(?:calls|Socket|ListeningSocket|Wire)|udp\/DatagramSocket)\.[jt]s$/;
/** What TypeScript puts in for `await using`. */
const HELPERS = /^(?:next|__disposeResources|env_\d+.*)$/;
const LAB = /^(?:src\/[^/]+|src\/udp\/Udp[^/]+|examples\/.+|steps\/.+|starter\/.+)\.[jt]s$/;

/** A method of a class, not the last line of a file. */
const METHOD = /^(?!Object\.|Module\.)\w+\.#?\w+$/;

/** Where a call comes from: the nearest line above the sockets, and the lab's own one above that. */
export interface CallLines {
  readonly at?: SourceLine;
  readonly lab?: SourceLine;
}

/** Looks at the stack of whoever calls this. */
export function callLinesNow(): CallLines {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const frames = stack.split('\n').flatMap(frameOf);
  // This file's own line says where the project is, wherever it was compiled to.
  const root = path.resolve(path.dirname(frames[0]?.file ?? ''), '../..');
  const lines = frames.flatMap((frame, index) => {
    const file = path.relative(root, frame.file).replaceAll(path.sep, '/');
    if (file.startsWith('..') || file.startsWith('node_modules') || HELPERS.test(frame.fn))
      return [];
    const isEnd = HELPERS.test(frames[index - 1]?.fn ?? '');
    return [{ ...frame, file, line: isEnd ? lineWithUsing(frame) : frame.line }];
  });
  const at = lines.find(({ file }) => !SOCKETS.test(file));
  const lab = lines.find(({ file, fn }) => LAB.test(file) && METHOD.test(fn));
  if (!at) return {};
  return lab && lab.file !== at.file ? { at, lab } : { at };
}

/** `await using` closes at the end of its block, of which the compiler keeps no line: so its own. */
function lineWithUsing({ file, line, fn }: SourceLine): number {
  const lines = readLines(file);
  const name = fn.split('.').at(-1) ?? '';
  const method = lines.findIndex((text) => text.includes(`${name}(`) && /[{(]$/.test(text));
  const using = lines.findIndex((text, index) => index > method && text.includes('await using '));
  return using === -1 ? line : 1 + using;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function frameOf(line: string): SourceLine[] {
  const [, fn = '', file = '', row, col] = FRAME.exec(line) ?? [];
  return file === '' ? [] : [{ file, line: Number(row), col: Number(col), fn }];
}
