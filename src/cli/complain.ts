import * as path from 'node:path';
import { inspect } from 'node:util';
import { escapeControls } from '../text/escape';
import { command, wrap } from '../text/wrap';
import { err } from './Output';
import { sourceLineOf } from './sourceLineOf';

/**
 * Prints on stderr what went wrong and what to try, in lines that fit the terminal; with LAB_DEBUG=1 also
 * where in the program.
 */
export function complain(
  program: string,
  error: unknown,
  { advice = [], remark = '' }: { advice?: readonly string[]; remark?: string } = {},
): void {
  const message = escapeControls(error instanceof Error ? error.message : notAnError(error));
  const line = sourceLineOf(error);
  const where = line === undefined ? '' : ` (${line})`;
  say(`${program}: ${message}${where} ${remark}`.trimEnd());
  const tries = line === undefined ? advice : [checkTypes(line)];
  tries.forEach((text, index) => {
    say(`${index === 0 ? 'Try:' : 'Or: '} ${text}`, '     ');
  });
  if (process.env['LAB_DEBUG'] === '1')
    err.write(`${inspect(error).split('\n').map(escapeControls).join('\n')}\n`);
}

/** A program can throw any value; only an Error knows where. */
function notAnError(thrown: unknown): string {
  return `${inspect(thrown)} was thrown, which is not an Error: throw new Error('...') would show the line`;
}

/** The command that checks the types of the file in a `file:line`. */
export function checkTypes(place: string): string {
  const lab = path.relative('', path.join(__dirname, '../..'));
  const npm = lab === '' ? 'npm' : `npm --prefix ${lab}`;
  const file = place.replace(/:\d+$/, '');
  return `${command(`${npm} run types -- ${file}`)}, which checks the types and finds a missing await`;
}

/** Prints a text on stderr, in lines that fit the terminal. */
export function say(text: string, indent = ''): void {
  const { isTTY, columns } = process.stderr;
  err.write(`${wrap(text, isTTY ? columns : Infinity, indent)}\n`);
}
