import * as path from 'node:path';
import { checkTypes, complain } from './complain';
import { lineOutside, sourceLineOf } from './sourceLineOf';

/**
 * When a call fails and no `await` waits for it, says so on stderr, once for each line of code, and goes
 * on: a student's `sendall` without `await` must not end the server for all its clients.
 */
export function goOnAfterForgottenAwait(program: string): void {
  const said = new Set<string>();
  process.on('unhandledRejection', (error) => {
    const line = lineOutside(error) ?? '';
    if (said.has(line)) return;
    said.add(line);
    const where = line === '' || sourceLineOf(error) === line ? '' : `${line}: `;
    complain(program, error, {
      remark: `[${where}an "await" is probably missing]`,
      advice: [checkTypes(line === '' ? path.relative('', process.argv[1] ?? '') : line)],
    });
  });
}

/** When an error is caught by nobody, the program ends with the error's words, and where it came from. */
export function endInWords(program: string): void {
  process.on('uncaughtException', (error) => {
    complain(program, error);
    process.exit(1);
  });
}
