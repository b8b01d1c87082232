import type { Socket } from './Socket';

/**
 * What a server has to tell whoever runs it. This one keeps it to itself; override what to hear. What
 * an override returns does not matter.
 */
export class ServerReport {
  /** A client has connected. */
  connected(_client: Socket): unknown {
    return undefined;
  }

  /** A client could not be taken, or a conversation ended with an error. The server goes on. */
  problem(_error: unknown): unknown {
    return undefined;
  }
}

/** The same report, whose own errors harm nobody. */
export function harmless(report: ServerReport): ServerReport {
  const safe = new ServerReport();
  safe.connected = (client) => {
    withoutErrors(() => report.connected(client));
  };
  safe.problem = (error) => {
    withoutErrors(() => report.problem(error));
  };
  return safe;
}

/** Tells somebody something; an error in it, also a later one, has nobody who could be told. */
export function withoutErrors(tell: () => unknown): void {
  try {
    const told = tell();
    if (told instanceof Promise) told.catch(() => undefined);
  } catch {
    // see above
  }
}
