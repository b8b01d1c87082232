import type { MessageLimits } from './MessageReader';

/** What a server allows its clients. */
export class ServerLimits {
  /** What a request may be, on servers that answer requests. */
  readonly request: MessageLimits;

  /**
   * @param maxConnections open connections; one more is closed at once.
   * @param idleTimeout ms without a byte in either direction, after which a connection is closed; a
   * request, too, must be complete that long after its first byte.
   * @param silence ms that end a request without a newline.
   */
  constructor(
    readonly maxConnections = 10_000,
    readonly idleTimeout = 300_000,
    silence = 100,
  ) {
    this.request = { what: 'request', maxBytes: 1024, silence, timeout: idleTimeout };
  }
}
