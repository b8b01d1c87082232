import { escapeControls } from '../../src/text/escape';
import type { Came } from './Probe';

/** How many bytes of a message are shown at most, and how many before the first that differs. */
const SHOWN = 44;
const BEFORE = 16;
/** The characters that these may take, so that they fit on one line of a terminal. */
const ROOM = 54;

/** What came, and why the receiving ended. */
export function inWords({ data, ending, waited }: Came): string {
  const end = ending === 'timeout' ? `timeout after ${(waited / 1000).toFixed(1)} s` : ending;
  if (data.length === 0) return ending === 'done' ? 'nothing' : `nothing: ${end}`;
  return ending === 'done' ? show(data) : `${show(data)}, then ${end}`;
}

/** Bytes as Python writes them, and text in UTF-8 as text; a long one is cut: `'Hello\n'`. */
export function show(data: Uint8Array): string {
  const more = data.length > SHOWN ? ` ... (${data.length} bytes)` : '';
  const text = Array.from(textOf(data) ?? '').slice(0, SHOWN);
  const shown =
    text.length > 0 ? text.map(escapeCharacter).join('') : escapeBytes(data.subarray(0, SHOWN));
  return `'${shown}'${more}`;
}

/** Undefined for bytes that are not UTF-8. */
function textOf(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}

/** What came instead of something, with a caret under the first byte that differs. */
export function showDifference(expected: Uint8Array, came: Uint8Array): string {
  const at = firstDifference(expected, came);
  let from = Math.max(0, at - BEFORE);
  while (escapeBytes(came.subarray(from, at)).length > BEFORE) from += 1;
  const ahead = from === 0 ? "'" : `... '`;
  const window = came.subarray(from, from + fitting(came.subarray(from)));
  const more = came.length > from + window.length ? ' ...' : '';
  const indent = ahead.length + escapeBytes(came.subarray(from, at)).length;
  return `${ahead}${escapeBytes(window)}'${more}\n${' '.repeat(indent)}^ byte ${at} of ${expected.length}`;
}

/** How many of these bytes fit into the space for a text. */
function fitting(data: Uint8Array): number {
  let count = Math.min(data.length, SHOWN);
  while (escapeBytes(data.subarray(0, count)).length > ROOM) count -= 1;
  return count;
}

export function firstDifference(expected: Uint8Array, came: Uint8Array): number {
  let at = 0;
  while (at < expected.length && at < came.length && expected[at] === came[at]) at += 1;
  return at;
}

const NAMED: Record<number, string> = { 9: '\\t', 10: '\\n', 13: '\\r', 39: "\\'", 92: '\\\\' };

function escapeBytes(data: Uint8Array): string {
  return [...data].map(escapeByte).join('');
}

function escapeByte(byte: number): string {
  if (NAMED[byte] !== undefined) return NAMED[byte];
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x80 ? escapeByte(code) : escapeControls(character);
}
