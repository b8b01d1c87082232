import { inspect } from 'node:util';
import { escapeControls } from '../text/escape';
import { command, wrap } from '../text/wrap';
import { err } from './Output';
import { sourceLineOf } from './sourceLineOf';

/**
 * Says on stderr what went wrong and what to try, in lines that fit the terminal; with LAB_DEBUG=1
 * also where in the program.
 */
export function complain(
  program: string,
  error: unknown,
  { advice = [], remark = '' }: { advice?: readonly string[]; remark?: string } = {},
): void {
  const message = escapeControls(error instanceof Error ? error.message : String(error));
  const line = sourceLineOf(error);
  const where = line === undefined ? '' : ` (${line})`;
  say(`${program}: ${message}${where} ${remark}`.trimEnd());
  const tries = line === undefined ? advice : [`${command('npx tsc')}, which checks the types`];
  tries.forEach((text, index) => {
    say(`${index === 0 ? 'Try:' : 'Or: '} ${text}`, '     ');
  });
  if (process.env['LAB_DEBUG'] === '1')
    err.write(`${inspect(error).split('\n').map(escapeControls).join('\n')}\n`);
}

/** Says something on stderr, in lines that fit the terminal. */
export function say(text: string, indent = ''): void {
  const { isTTY, columns } = process.stderr;
  err.write(`${wrap(text, isTTY ? columns : Infinity, indent)}\n`);
}
