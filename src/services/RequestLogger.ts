/** How the requests of clients are kept. A strategy: which one it is, the container decides. */
export abstract class RequestLogger {
  /**
   * Stores one request. Resolves when it is stored.
   * @param client the client's address, as `host:port`.
   * @throws RequestNotLogged when it can't be stored.
   */
  abstract log(request: string, client: string): Promise<void>;
}

/** A request that could not be stored. Its `reply` is for the client, its `cause` for the operator. */
export class RequestNotLogged extends Error {
  override readonly name = 'RequestNotLogged';
  readonly reply = 'request could not be logged';

  /** @param code the operating system's name for the reason, `ENOSPC` for example. */
  constructor(
    message: string,
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
