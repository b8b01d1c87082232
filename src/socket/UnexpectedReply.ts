import { type Address, formatAddress } from './Address';

/** An answer of a server that is not what the client asked for. */
export class UnexpectedReply extends Error {
  override readonly name = 'UnexpectedReply';

  /**
   * @param what what the server did.
   * @param code `EOF` (closed the connection), `EREMOTEIO` (an error line), `EMSGSIZE` (too long) or
   * `EBADMSG` (not in the form that was expected).
   */
  constructor(
    what: string,
    readonly address: Address | undefined,
    readonly code: 'EOF' | 'EREMOTEIO' | 'EMSGSIZE' | 'EBADMSG' = 'EBADMSG',
  ) {
    super(`the server at ${formatAddress(address)} ${what}`);
  }
}
