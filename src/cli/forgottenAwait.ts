import { complain } from './complain';
import { lineOutside } from './sourceLineOf';

/**
 * Says on stderr where a promise failed for which nobody waits, once for each line, and goes on: a
 * student's `sendall` without `await` must not end the server for all its clients.
 */
export function goOnAfterForgottenAwait(program: string): void {
  const said = new Set<string>();
  process.on('unhandledRejection', (error) => {
    const line = lineOutside(error) ?? 'a line that is not known';
    if (said.has(line)) return;
    said.add(line);
    complain(program, error, { remark: `[${line}: an "await" is probably missing]` });
  });
}
