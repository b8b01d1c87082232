import { codeOf, errnoWords, explain } from '../text/errno';
import { type Address, formatAddress } from './Address';

/**
 * The socket calls that can fail, spelled as on the slide "Socket Programming: APIs"; and the calls of
 * datagrams, as POSIX spells them.
 */
export type SocketCall =
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'sendall'
  | 'recv'
  | 'sendto'
  | 'recvfrom'
  | 'setsockopt';

/** A socket call that failed: which call, on which address, and why, in plain words. */
export class SocketError extends Error {
  override readonly name = 'SocketError';

  /** @param code POSIX's name for the reason, `EADDRINUSE` for example. */
  constructor(
    readonly call: SocketCall,
    readonly code: string,
    readonly address: Address | undefined,
    readonly reason: string = errnoWords(call, code, address) ?? code,
    options?: ErrorOptions,
  ) {
    super(`${call}(${address ? formatAddress(address) : ''}) failed: ${reason}`, options);
  }

  /** The error that made `call` fail, in plain words; `cause` keeps the original. */
  static from(call: SocketCall, error: unknown, address?: Address): SocketError {
    if (error instanceof SocketError) {
      if (error.call === call) return error;
      return new SocketError(call, error.code, address, error.reason, { cause: error });
    }
    const cause = unfold(error);
    const reason = explain(call, cause, address);
    return new SocketError(call, codeOf(cause) ?? 'EUNKNOWN', address, reason, { cause });
  }
}

/** A host name with several addresses fails once for each: Node puts these into one AggregateError. */
function unfold(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
}
