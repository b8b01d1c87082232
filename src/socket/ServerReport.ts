import type { Socket } from './Socket';

/**
 * What a server has to tell whoever runs it. This one keeps it to itself; override what to hear. What
 * an override returns does not matter, and an error in it harms nobody.
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
