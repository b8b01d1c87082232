import { complain } from './complain';
import { lineOutside } from './sourceLineOf';

/**
 * When a call fails and no `await` waits for it, says so on stderr, once for each line of code, and goes
 * on: a student's `sendall` without `await` must not end the server for all its clients.
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
