import { setTimeout } from 'node:timers/promises';
import { type Address, formatAddress } from '../../src/socket/Address';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import { Socket } from '../../src/socket/Socket';
import { codeOf } from '../../src/text/errno';
import { type PassedRecord, type Role, VERSION } from '../../src/trace/record';
import { bytesOf, round } from '../../src/trace/Recorder';
import { opposite } from '../../src/trace/rows';
import { msSince } from '../../src/trace/monotonic';

const PIECE = 65_536;
/** The server may still be starting when the client connects: the relay tries again for this many ms. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 50;
/** As many as are drawn. */
const MOST_RECORDS = 20_000;

/**
 * A relay between a client and a server whose calls can't be seen; it records what passes. It passes each
 * piece on unchanged, and also end of file and a reset. It connects to the server only when a client
 * connects, because the server may serve only one.
 */
export class StreamRelay {
  readonly records: PassedRecord[] = [];
  readonly #welcoming = new ListeningSocket();
  readonly #open = new Set<Socket>();
  #isStopped = false;

  /** @param origin the beginning of the run, on the machine's monotonic clock, ns. */
  constructor(
    private readonly server: Address,
    private readonly origin: bigint,
  ) {}

  /** Returns the port that clients connect to. */
  async start(): Promise<number> {
    this.#welcoming.bind({ host: this.server.host, port: 0 });
    await this.#welcoming.listen();
    void this.#serve();
    return this.#welcoming.local.port;
  }

  /** Whether a client is connected. */
  get isBusy(): boolean {
    return this.#open.size > 0;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#welcoming.close();
    for (const socket of this.#open) socket.reset();
  }

  async #serve(): Promise<void> {
    try {
      for (;;) void this.#relay(await this.#welcoming.accept());
    } catch {
      // it has been stopped
    }
  }

  async #relay(client: Socket): Promise<void> {
    const who = client.peer ? formatAddress(client.peer) : '';
    this.#open.add(client);
    const server = await this.#connected(who);
    if (!server) client.reset();
    else {
      this.#open.add(server);
      const ends = { client, server };
      await Promise.all([this.#pass(who, ends, 'server'), this.#pass(who, ends, 'client')]);
      await Promise.all([client.close(), server.close()]);
      this.#open.delete(server);
    }
    this.#open.delete(client);
  }

  async #connected(who: string): Promise<Socket | undefined> {
    const begun = performance.now();
    for (;;) {
      const socket = new Socket();
      try {
        await socket.connect(this.server);
        this.#add(who, 'server', { what: 'handshake' });
        return socket;
      } catch (error) {
        await socket.close();
        if (this.#isStopped) return undefined;
        if (performance.now() - begun > PATIENCE_MS) {
          this.#add(who, 'server', { what: 'failed', code: codeOf(error) ?? '' });
          return undefined;
        }
        await setTimeout(RETRY_MS);
      }
    }
  }

  /** What goes to one of the two, until its end. */
  async #pass(who: string, ends: Readonly<Record<Role, Socket>>, to: Role): Promise<void> {
    const from = ends[opposite(to)];
    let sent = 0;
    try {
      for (;;) {
        const data = await from.recv(PIECE);
        if (data.length === 0) break;
        this.#add(who, to, { what: 'bytes', bytes: bytesOf(data, sent) });
        sent += data.length;
        await ends[to].sendall(data);
      }
      this.#add(who, to, { what: 'eof' });
      ends[to].shutdown();
    } catch {
      if (this.#isCut(who)) return; // the other direction has reported it
      this.#add(who, to, { what: 'reset' });
      ends[to].reset();
      from.reset();
    }
  }

  #isCut(who: string): boolean {
    return this.records.some(({ client, what }) => client === who && what === 'reset');
  }

  #add(client: string, to: Role, what: Pick<PassedRecord, 'what' | 'bytes' | 'code'>): void {
    if (this.records.length >= MOST_RECORDS) return;
    const t = round(msSince(this.origin));
    this.records.push({ v: VERSION, type: 'passed', t, client, to, ...what });
  }
}
