import { formatAddress } from '../socket/Address';
import { ServerReport } from '../socket/ServerReport';
import type { Socket } from '../socket/Socket';
import { codeOf } from '../text/errno';
import { complain } from './complain';
import { out } from './Output';
import { sourceLineOf } from './sourceLineOf';

/** Reports errors on stderr: the first of each kind, then only how many there were. */
export class QuietReport extends ServerReport {
  readonly #counts = new Map<string, number>();

  constructor(private readonly program: string) {
    super();
  }

  override problem(error: unknown): void {
    const kind = kindOf(error);
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count === 1) complain(this.program, error);
    else if (isPowerOfTen(count))
      complain(this.program, error, { remark: `(${count} times so far)` });
  }
}

/** Also reports on stdout which client connects. */
export class ConsoleReport extends QuietReport {
  override connected(client: Socket): void {
    out.write(`Connected by ${formatAddress(client.peer)}\n`);
  }
}

/**
 * Errors from one line of code, or with one code, are of one kind, even if their messages name different
 * connections.
 */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name} ${sourceLineOf(error) ?? codeOf(error) ?? error.message}`;
}

function isPowerOfTen(count: number): boolean {
  return Number.isInteger(Math.log10(count));
}
