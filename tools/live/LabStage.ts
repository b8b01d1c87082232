import type { Role } from '../../src/trace/record';
import { portOf } from '../../src/trace/rows';
import type { HaltedClient, Stage } from '../lessons/Lesson';
import type { Odds } from '../udp/LossyRelay';
import type { Child } from './Child';
import { type ClientOptions, Refusal, type RunningLab, type Wanted } from './RunningLab';

/** With this seed each of them happens among the first 20 datagrams. */
const ODDS: Odds = { loss: 0.2, duplicate: 0.05, reorder: 0.1, seed: 1 };

/** Lets a lesson use the programs of the page, until the signal is aborted: then every wait rejects. */
export class LabStage implements Stage {
  constructor(
    private readonly lab: RunningLab,
    private readonly wanted: Wanted,
    private readonly signal: AbortSignal,
  ) {}

  async server(): Promise<void> {
    await this.lab.start(this.wanted, ODDS);
    await this.#until(() => this.#canConnect || this.lab.state.phase === 'none');
    if (!this.#canConnect) throw new Refusal('the server has ended');
  }

  async serverOnSamePort(): Promise<void> {
    await this.#end(await this.lab.second());
  }

  async serverOnOtherPort(): Promise<number> {
    const server = await this.lab.second(0);
    const port = portOf(await server.address);
    if (port === undefined) throw new Refusal('the second server has ended');
    return port;
  }

  talk(message: string, port?: number): Promise<void> {
    return forLater(this.#client(message, { port }).then((client) => this.#end(client)));
  }

  async halt(message: string, before: string): Promise<HaltedClient> {
    const client = await this.#client(message, { halt: before });
    await this.#until(() => client.halted > 0 || client.hasEnded);
    return {
      ended: forLater(this.#end(client)),
      goOn: () => {
        this.lab.letGoOn(client);
      },
      kill: () => {
        client.kill();
      },
    };
  }

  async together(messages: readonly string[]): Promise<void> {
    const clients = await this.lab.clients(this.wanted, messages);
    await Promise.all(clients.map((client) => this.#end(client)));
  }

  returned(role: Role, call: string, times: number): Promise<void> {
    const isIt = (record: (typeof this.lab.records.all)[number]) =>
      record.type === 'call' &&
      record.phase === 'return' &&
      record.role === role &&
      record.call === call;
    return this.#until(
      () => this.lab.records.all.filter(isIt).length >= times || this.lab.state.clients === 0,
    );
  }

  get #canConnect(): boolean {
    const { phase, relay } = this.lab.state;
    return phase === 'listens' && (relay !== undefined || !this.wanted.lab.startsWith('udp'));
  }

  async #client(message: string, options: ClientOptions): Promise<Child> {
    const [client] = await this.lab.clients(this.wanted, [message], options);
    if (!client) throw new Refusal('the client could not be started');
    return client;
  }

  #end(program: Child): Promise<void> {
    return this.#until(() => program.hasEnded);
  }

  #until(isSo: () => boolean): Promise<void> {
    return this.lab.until(isSo, this.signal);
  }
}

/** A lesson may wait for it later; if it is stopped before that, the rejection must not be unhandled. */
function forLater(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}
