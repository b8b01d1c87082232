import { inspect } from 'node:util';
import { escapeControls } from '../text/escape';

/** Says on stderr what went wrong, in one line; with LAB_DEBUG=1 also where in the program. */
export function complain(program: string, error: unknown, remark = ''): void {
  const message = error instanceof Error ? error.message : String(error);
  console.error(escapeControls(`${program}: ${message} ${remark}`.trimEnd()));
  if (process.env['LAB_DEBUG'] === '1')
    console.error(inspect(error).split('\n').map(escapeControls).join('\n'));
}
