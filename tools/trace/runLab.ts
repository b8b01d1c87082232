import { rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { byTime, type CallRecord, type Role, type TraceRecord } from '../../src/trace/record';
import { portOf } from '../../src/trace/rows';
import { Deadline } from '../kit/Deadline';
import { KitError } from '../kit/KitError';
import { ReservedPort } from '../kit/ReservedPort';
import { ProgramEnded } from '../lab/LabProgram';
import { PAIRS } from '../lab/pairs';
import { temporaryFolder } from '../lab/temporaryFolder';
import { wayFor } from '../watch/Watch';
import { OurSide, OwnSide, type Side } from './sides';
import { StreamRelay } from './StreamRelay';
import { monotonicNow } from '../../src/trace/monotonic';

/** The ports of the slides, by lab. */
const PORTS: Readonly<Record<string, number>> = {
  echo: 65432,
  date: 6015,
  logging: 6015,
  'udp-echo': 65432,
  'udp-date': 6015,
};
const HOST = '127.0.0.1';
const NO_PORT =
  "your server can't be watched here, so its port is unknown: write {port} in its command, or name the lab";
/** The server's last calls come after the clients have ended, in at most this many ms. */
const LAST_CALLS_MS = 5000;
const POLL_MS = 20;
const LONGEST_MS = 60_000;

/** What is run. */
export interface Terms {
  /** Of PAIRS. */
  readonly lab: string;
  /** A command of the student's in the place of our program. */
  readonly server: readonly string[] | undefined;
  readonly client: readonly string[] | undefined;
  readonly clients: number;
  /** Where the student's commands are started. */
  readonly cwd: string;
  /** The whole run takes no longer, ms. */
  readonly limit: number;
}

/** Our own two programs. */
export function ourPair(lab: string, clients = 1): Terms {
  return { lab, clients, server: undefined, client: undefined, cwd: '.', limit: LONGEST_MS };
}

/** The result of a run. */
export interface Run {
  /** The records of all programs, in order of time, without those of stopping the server. */
  readonly records: readonly TraceRecord[];
  readonly server: Side;
  readonly clients: readonly Side[];
  /** Whether a relay saw what passes, because no calls could be seen. */
  readonly isSeenBetween: boolean;
  /** Whether something still ran when the time was up. */
  readonly isCutShort: boolean;
}

/**
 * Runs a server and its clients at the same time, and watches their calls. Programs that hang are ended when
 * the time is up, or by `stop`; the records show how far they came.
 * @throws ProgramEnded when our server does not start, and KitError when there is no such command.
 */
export async function runLab(terms: Terms, stop?: AbortSignal): Promise<Run> {
  await using reserved = hasPort(terms.server) ? await ReservedPort.on(HOST) : undefined;
  const play = new Play(terms, stop);
  try {
    const usual = reserved?.port ?? usualPort(terms);
    const server = await play.start('server', usual);
    const there = await play.listens(server, usual);
    const isThere = there !== undefined;
    const port = isThere && !server.isWatched ? await play.putRelayBefore(there) : there;
    const clients =
      port !== undefined
        ? await Promise.all(Array.from({ length: terms.clients }, () => play.start('client', port)))
        : [];
    await play.meetAtGate(clients);
    await play.allEnd(clients);
    const isCutShort = play.isOver;
    if (isThere) await play.lastCalls(server, clients);
    const isSeenBetween = play.relay !== undefined;
    return { records: play.records(), server, clients, isSeenBetween, isCutShort };
  } finally {
    await play.end();
  }
}

/** A command with the port and the folder that this run has for it. */
export function filled(command: readonly string[], port: number, logs: string): string[] {
  return command.map((word) =>
    word.replaceAll('{port}', String(port)).replaceAll('{log-dir}', logs),
  );
}

export function hasPort(command: readonly string[] | undefined): boolean {
  return command?.some((word) => word.includes('{port}')) ?? false;
}

/** The server's port: that of the slides, if the student's client knows no other. */
export function usualPort({
  lab,
  server,
  client,
}: Pick<Terms, 'lab' | 'server' | 'client'>): number {
  const isFixed = server !== undefined || !hasPort(client);
  return client === undefined && server === undefined ? 0 : isFixed ? (PORTS[lab] ?? 0) : 0;
}

/** The programs of one run. */
class Play {
  readonly #folder = temporaryFolder('trace');
  readonly #origin = monotonicNow();
  readonly #deadline: Deadline;
  readonly #sides: Side[] = [];
  relay: StreamRelay | undefined;
  #started = 0;

  constructor(
    private readonly terms: Terms,
    private readonly stop: AbortSignal | undefined,
  ) {
    this.#deadline = new Deadline(terms.limit);
  }

  get isOver(): boolean {
    const isFull = this.#sides.some((side) => side.isFull);
    return this.#deadline.isOver || isFull || this.stop?.aborted === true;
  }

  async start(role: Role, port: number): Promise<Side> {
    const place = ++this.#started;
    const file = path.join(this.#folder, `${place}.jsonl`);
    const command = this.terms[role];
    const side = command
      ? await this.#startOwn(command, { role, port, place, file })
      : this.#startOurs({ role, port, file });
    this.#sides.push(side);
    return side;
  }

  #startOwn(command: readonly string[], { role, port, place, file }: Start): Promise<Side> {
    const { cwd } = this.terms;
    const words = filled(command, port, this.#logs);
    const gate = this.#gateFor(role);
    const watched = { role, cwd, file, origin: this.#origin, place, gate };
    return OwnSide.start(words, watched, this.#deadline);
  }

  #startOurs({ role, port, file }: Omit<Start, 'place'>): Side {
    const { lab } = this.terms;
    const [server = '', client = ''] = PAIRS[lab] ?? [];
    const logs = lab === 'logging' && role === 'server' ? ['--log-dir', this.#logs] : [];
    const args = ['--port', String(port), ...logs];
    return new OurSide(
      role === 'server' ? server : client,
      args,
      file,
      this.#origin,
      this.#gateFor(role),
    );
  }

  /** Lets several clients connect at the same moment, even if they need different times to start. */
  #gateFor(role: Role): string | undefined {
    return role === 'client' && this.terms.clients > 1 ? this.#gate : undefined;
  }

  get #gate(): string {
    return path.join(this.#folder, 'gate');
  }

  /** Lets the clients connect as soon as all have a socket, or have ended. */
  async meetAtGate(clients: readonly Side[]): Promise<void> {
    if (clients.length < 2) return;
    const isHere = (side: Side) => side.hasEnded || callsIn(side.records()).length >= 2;
    while (!this.isOver && !clients.every(isHere)) await setTimeout(POLL_MS);
    writeFileSync(this.#gate, '');
  }

  get #logs(): string {
    return path.join(this.#folder, 'logs');
  }

  /**
   * Waits until the server can be reached, and gives its port; undefined when it ends before, or time does.
   * @throws ProgramEnded when it is ours.
   */
  async listens(server: Side, usual: number): Promise<number | undefined> {
    while (!this.isOver) {
      const port = portOf(listeningAddress(server.records()));
      if (port !== undefined) return port;
      if (!server.isWatched && usual > 0) return usual;
      if (!server.isWatched) throw new KitError(NO_PORT);
      if (server.hasEnded) break;
      await setTimeout(POLL_MS);
    }
    if (server.isOurs) throw new ProgramEnded('the server did not start');
    return undefined;
  }

  /**
   * Gives the port that clients connect to: a relay's where neither side can be watched, and the client
   * is told its port.
   */
  async putRelayBefore(port: number): Promise<number> {
    const { client, cwd, lab } = this.terms;
    const canBeSeen = client === undefined || wayFor(client, cwd) !== 'none';
    if (canBeSeen || !hasPort(client) || lab.startsWith('udp')) return port;
    this.relay = new StreamRelay({ host: HOST, port }, this.#origin);
    return this.relay.start();
  }

  /** Waits until all have ended, as long as there is time. */
  async allEnd(clients: readonly Side[]): Promise<void> {
    while (!this.isOver && clients.some(({ hasEnded }) => !hasEnded)) await setTimeout(POLL_MS);
  }

  /** Waits until the server has closed the connections of these clients, but not forever. */
  async lastCalls(server: Side, clients: readonly Side[]): Promise<void> {
    const count = clients.filter(hasConnected).length;
    const begun = performance.now();
    while (!this.isOver && performance.now() - begun < LAST_CALLS_MS) {
      const isOver = server.isWatched ? hasClosed(server.records(), count) : !this.relay?.isBusy;
      if (server.hasEnded || isOver) return;
      await setTimeout(POLL_MS);
    }
  }

  records(): TraceRecord[] {
    const passed = this.relay?.records ?? [];
    return [...this.#sides.flatMap((side) => side.records()), ...passed].sort(byTime);
  }

  async end(): Promise<void> {
    await Promise.all(this.#sides.map((side) => side.stop()));
    await this.relay?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface Start {
  readonly role: Role;
  readonly port: number;
  readonly place: number;
  readonly file: string;
}

/** The address of a server that can be reached: of UDP as soon as it is bound. */
export function listeningAddress(records: readonly TraceRecord[]): string | undefined {
  const isReady = ({ call, phase, proto }: CallRecord) =>
    phase === 'return' && (call === 'listen' || (proto === 'udp' && call === 'bind'));
  const ready = callsIn(records).find(isReady);
  return ready?.local;
}

/** A server that is not watched may have closed them. */
function hasConnected(client: Side): boolean {
  const isOver = ({ call, phase }: CallRecord) => call === 'connect' && phase === 'return';
  return !client.isWatched || callsIn(client.records()).some(isOver);
}

/** Whether a server has closed this many connections, and all that it has accepted; UDP has none. */
export function hasClosed(records: readonly TraceRecord[], count: number): boolean {
  const calls = callsIn(records);
  const over = calls.filter(({ phase }) => phase === 'return');
  const accepted = over.filter(({ call }) => call === 'accept');
  const closed = new Set(
    over.filter(({ call }) => call === 'close' || call === 'reset').map(({ peer }) => peer),
  );
  const isUdp = calls.some(({ proto }) => proto === 'udp');
  return isUdp || (accepted.length >= count && accepted.every(({ peer }) => closed.has(peer)));
}

function callsIn(records: readonly TraceRecord[]): CallRecord[] {
  return records.flatMap((record) => (record.type === 'call' ? [record] : []));
}
