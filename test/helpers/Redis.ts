import { createClient } from '@redis/client';
import { afterwards } from './cleanUp';
import { freePort } from './freePort';
import { Program } from './Program';
import { temporaryFolder } from './temporaryFolder';

/** All that is answered is on the disk. */
export const SAFE = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** A redis-server of its own, on a free port. */
export class Redis {
  #program: Program | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  static async start(settings: readonly string[] = SAFE): Promise<Redis> {
    const redis = new Redis(await freePort(), await temporaryFolder(), settings);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again on what it has kept. */
  async start(): Promise<void> {
    const args = ['--port', `${this.port}`, '--dir', this.folder, '--save', '', ...this.settings];
    const program = new Program('redis-server', [...args, '--bind', '127.0.0.1']);
    this.#program = program;
    afterwards(() => program.kill('SIGKILL'));
    await program.printed(/Ready to accept connections/);
  }

  async kill(): Promise<void> {
    await this.#program?.kill('SIGKILL');
  }

  /** It hangs, or goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#program?.child.kill(signal);
  }

  /** Has it carry out a command. */
  async send(command: readonly string[]): Promise<void> {
    await using client = await this.#client();
    await client.redis.sendCommand([...command]);
  }

  /** Removes a key. */
  async forget(key: string): Promise<void> {
    await using client = await this.#client();
    await client.redis.del(key);
  }

  /** Its lines, in the order of their numbers, and the number of the last. */
  async lines(): Promise<{ lines: string[]; highest: number }> {
    await using client = await this.#client();
    const numbers = (await client.redis.keys('log*.txt')).map((name) => {
      const number = /^log(0|[1-9]\d*)\.txt$/.exec(name)?.[1];
      if (number === undefined) throw new Error(`a key that does not belong here: ${name}`);
      return Number(number);
    });
    numbers.sort((one, other) => one - other);
    const values = await Promise.all(numbers.map((number) => client.redis.get(`log${number}.txt`)));
    return { lines: values.map(String), highest: numbers.at(-1) ?? -1 };
  }

  async #client() {
    const redis = createClient({ url: this.url });
    redis.on('error', () => undefined);
    await redis.connect();
    return { redis, [Symbol.asyncDispose]: () => redis.close() };
  }
}
