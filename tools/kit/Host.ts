import { setTimeout } from 'node:timers/promises';
import type { Address } from '../../src/socket/Address';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import type { Deadline } from './Deadline';
import { Probe } from './Probe';

/** A server that the kit plays, for a client to talk with. */
export class Host implements AsyncDisposable {
  readonly #welcoming = new ListeningSocket();

  private constructor(private readonly deadline: Deadline) {}

  /** @throws SocketError when the address can't be had. */
  static async open(address: Address, deadline: Deadline): Promise<Host> {
    const host = new Host(deadline);
    host.#welcoming.bind(address);
    await host.#welcoming.listen();
    return host;
  }

  /** The next client; undefined when none has come in so many ms. */
  async client(ms: number): Promise<Probe | undefined> {
    const patience = this.deadline.limit(ms);
    const came = this.#welcoming.accept().then(
      (socket) => new Probe(socket, this.deadline),
      () => undefined, // closed meanwhile
    );
    return Promise.race([came, setTimeout(patience, undefined, { ref: false })]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    await this.#welcoming.close();
  }
}
