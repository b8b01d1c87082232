import { RequestLogger } from '../../src/services/RequestLogger';

export interface Logged {
  readonly request: string;
  readonly client: string;
}

/** A log in memory. */
export class FakeLogger extends RequestLogger {
  readonly logged: Logged[] = [];

  /** @param store is called for each request, and may take its time or fail. */
  constructor(private readonly store: (request: string) => unknown = () => undefined) {
    super();
  }

  get requests(): string[] {
    return this.logged.map(({ request }) => request);
  }

  async log(request: string, client: string): Promise<void> {
    this.logged.push({ request, client });
    await this.store(request);
  }
}
