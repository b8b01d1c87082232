import type { Socket } from './Socket';

/**
 * What a server reports to the program that runs it. This class ignores every report; override the ones you
 * want. The return value of an override is ignored.
 */
export class ServerReport {
  /** A client has connected. */
  connected(_client: Socket): unknown {
    return undefined;
  }

  /** A client could not be accepted, or a conversation ended with an error. The server goes on. */
  problem(_error: unknown): unknown {
    return undefined;
  }
}

/** The same report; an error inside it does not affect the server. */
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

/** Calls a report and ignores its errors, also those of a promise that it returns. */
export function withoutErrors(tell: () => unknown): void {
  try {
    const told = tell();
    if (told instanceof Promise) told.catch(() => undefined);
  } catch {
    // see above
  }
}
