import type { Socket } from './Socket';

/** What a server has to tell whoever runs it. This one keeps it to itself; override what to hear. */
export class ServerReport {
  /** A client has connected. */
  connected(_client: Socket): void {
    // Silent.
  }

  /** A client could not be taken, or a conversation ended with an error. The server goes on. */
  problem(_error: unknown): void {
    // Silent.
  }
}
