import { formatAddress } from '../socket/Address';
import { ServerReport } from '../socket/ServerReport';
import type { Socket } from '../socket/Socket';
import { codeOf } from '../text/errno';
import { complain } from './complain';
import { out } from './Output';
import { sourceLineOf } from './sourceLineOf';

/** Says on stderr what goes wrong: once for each kind, then a count. */
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

/** Says on stdout who connects, too. */
export class ConsoleReport extends QuietReport {
  override connected(client: Socket): void {
    out.write(`Connected by ${formatAddress(client.peer)}\n`);
  }
}

/** Errors of one line, or with one code, are of one kind, whatever their words say of one connection. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name} ${sourceLineOf(error) ?? codeOf(error) ?? error.message}`;
}

function isPowerOfTen(count: number): boolean {
  return Number.isInteger(Math.log10(count));
}
