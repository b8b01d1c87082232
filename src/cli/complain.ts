import { inspect } from 'node:util';
import { escapeControls } from '../text/escape';
import { err } from './output';

/** Says on stderr what went wrong, in one line; with LAB_DEBUG=1 also where in the program. */
export function complain(program: string, error: unknown, remark = ''): void {
  const message = error instanceof Error ? error.message : String(error);
  err.write(`${escapeControls(`${program}: ${message} ${remark}`.trimEnd())}\n`);
  if (process.env['LAB_DEBUG'] === '1')
    err.write(`${inspect(error).split('\n').map(escapeControls).join('\n')}\n`);
}
