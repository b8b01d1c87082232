import { type Address, formatAddress } from './Address';

/** The socket calls that can fail, spelled as on the slide "Socket Programming: APIs". */
export type SocketCall = 'bind' | 'accept' | 'connect' | 'sendall' | 'recv';

/**
 * A socket call that failed: which one, on which address, and why, in a learner's words.
 *
 * `code` is the name POSIX has for the reason (`EADDRINUSE`), or one of four that a conversation
 * adds: `EMSGSIZE` (too long), `EBADMSG` (not what was expected), `EREMOTEIO` (an error of the
 * server's), `EOF` (the peer hung up too soon).
 */
export class SocketError extends Error {
  override readonly name = 'SocketError';

  constructor(
    readonly call: SocketCall,
    readonly code: string,
    readonly address: Address | undefined,
    readonly reason: string = reasonFor(call, code, address),
    options?: ErrorOptions,
  ) {
    super(`${call}(${address ? formatAddress(address) : ''}) failed: ${reason}`, options);
  }

  /** The error of Node's own that made `call` fail, in our words; `cause` keeps the original. */
  static from(call: SocketCall, error: unknown, address?: Address): SocketError {
    if (error instanceof SocketError) return error;
    const cause = unfold(error);
    const code = codeOf(cause) ?? 'EUNKNOWN';
    return new SocketError(call, code, address, reasonFor(call, code, address, cause), { cause });
  }
}

/** The `code` of an error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return String(error.code);
}

/** A host name with several addresses fails once for each: Node folds these into one AggregateError. */
function unfold(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
}

function reasonFor(call: SocketCall, code: string, address?: Address, cause?: unknown): string {
  const host = address?.host ?? 'the host';
  const port = address?.port ?? 'the port';
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} is already in use: another program is bound to it`,
    EACCES:
      call === 'bind'
        ? `ports below 1024 are reserved, and you have no right to use port ${port}`
        : 'this machine does not allow it (a firewall, perhaps)',
    EADDRNOTAVAIL: `${host} is not an address of this machine`,
    ENOTFOUND: `there is no host called "${host}"`,
    EAI_AGAIN: `the host name "${host}" could not be looked up just now`,
    ECONNREFUSED: `connection refused: no server is listening on port ${port} there`,
    ECONNRESET: 'the peer reset the connection',
    EPIPE: 'the peer no longer reads: the connection is closed on its side',
    ETIMEDOUT: 'no answer in time',
    EHOSTUNREACH: `no way leads to ${host}`,
    ENETUNREACH: `no way leads to the network of ${host}`,
    EMFILE: 'this process has as many files and sockets open as it may',
    ENFILE: 'this machine has as many files and sockets open as it may',
    EBADF: 'the socket is closed',
    EOF: 'the peer hung up without a whole reply',
    ENOTCONN: 'the socket is not connected',
  };
  return reasons[code] ?? (cause instanceof Error ? cause.message : code);
}
