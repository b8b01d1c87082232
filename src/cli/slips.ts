import * as path from 'node:path';
import { checkTypes, complain } from './complain';
import { lineOutside, sourceLineOf } from './sourceLineOf';

/**
 * If a call fails that has no `await`, this reports it on stderr, once for each line of code, and the program
 * goes on: a student's `sendall` without `await` must not end the server for all clients.
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

/** If nothing catches an error, the program prints its message and its line, and ends. */
export function endInWords(program: string): void {
  process.on('uncaughtException', (error) => {
    complain(program, error);
    process.exit(1);
  });
}
