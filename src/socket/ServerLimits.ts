/** What a server allows its clients. */
export interface ServerLimits {
  /** Open connections; one more is closed immediately. */
  readonly maxConnections: number;
  /**
   * Milliseconds without a byte in either direction, after which a connection is closed; a request,
   * too, must be complete that long after its first byte.
   */
  readonly idleTimeout: number;
  /** Milliseconds of silence that end a request without a newline. */
  readonly silence: number;
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  maxConnections: 10_000,
  idleTimeout: 300_000,
  silence: 100,
};
