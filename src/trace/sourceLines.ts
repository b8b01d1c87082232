import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { SourceLine } from './record';

const FRAMES = 16;
/** `    at async EchoServer.converse (/project/src/EchoServer.ts:11:33)` */
const FRAME = /^ +at (?:async )?(?:(.+?) \()?(?:file:\/\/)?(\/.+|[A-Za-z]:\\.+):(\d+):(\d+)\)?$/;
/** Files that make the calls visible, and files that carry them out. */
const SOCKETS =
  /^(?:tools\/(?:watch\/.*|live\/preload)|src\/(?:trace\/.*|socket\/(?:calls|Socket|ListeningSocket|Wire)|udp\/DatagramSocket))\.c?[jt]s$/;
/** The helpers that TypeScript inserts for `await using`. */
const HELPERS = /^(?:next|__disposeResources|env_\d+.*)$/;
/** Files below the lab's own classes, and below those of a student in any folder. */
const BELOW =
  /^(?:(?:build\/)?(?:src\/(?!udp\/Udp)[^/]+\/|tools\/|test\/)|node_modules\/)|\/node_modules\//;

/** A function or a method, not the last line of a file. */
const FUNCTION = /^(?!Object\.|Module\.)[\w.#]+$/;

/** Where a call comes from: the nearest line above the sockets, and the lab class's line above that. */
export interface CallLines {
  readonly at?: SourceLine;
  readonly lab?: SourceLine;
}

/** Finds them in the stack of the caller. */
export function callLinesNow(): CallLines {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const frames = stack.split('\n').flatMap(frameOf);
  // The path of this file shows where the project is, compiled or not.
  const root = path.resolve(path.dirname(frames[0]?.file ?? ''), '../..');
  const lines = frames.flatMap((frame, index) => {
    const file = shortOf(frame.file, root);
    if (file.includes('node_modules/') || HELPERS.test(frame.fn)) return [];
    const isEnd = HELPERS.test(frames[index - 1]?.fn ?? '');
    return [{ ...frame, file, line: isEnd ? lineWithUsing(frame) : frame.line }];
  });
  const at = lines.find(({ file }) => !SOCKETS.test(file));
  const lab = lines.find(({ file, fn }) => !BELOW.test(file) && FUNCTION.test(fn));
  if (!at) return {};
  return lab && lab.file !== at.file ? { at, lab } : { at };
}

/** Relative to the project, or to where the program was started. */
function shortOf(file: string, root: string): string {
  const folders = [root, process.cwd()].map((folder) => path.relative(folder, file));
  const short = folders.find((each) => !each.startsWith('..')) ?? file;
  return short.replaceAll(path.sep, '/');
}

/**
 * `await using` closes at the end of its block, for which the compiler keeps no line: so use the line of
 * `await using`.
 */
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
