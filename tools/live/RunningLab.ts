import { EventEmitter, once } from 'node:events';
import { rmSync } from 'node:fs';
import * as path from 'node:path';
import { type Address, formatAddress } from '../../src/socket/Address';
import { explain } from '../../src/text/errno';
import { type Role, type TraceRecord, VERSION } from '../../src/trace/record';
import { bytesOf, round } from '../../src/trace/Recorder';
import { portOf } from '../../src/trace/rows';
import { KitError } from '../kit/KitError';
import { ReservedPort } from '../kit/ReservedPort';
import { LESSON_PAIRS, type Pair, PAIRS } from '../lab/pairs';
import { temporaryFolder } from '../lab/temporaryFolder';
import type { Mode, State } from '../page/browser/protocol';
import { filled, hasPort, usualPort } from '../trace/runLab';
import { filesIn, MOST_FILES, sourcesOf } from '../trace/sources';
import { type Direction, LossyRelay, type Odds, type Passage } from '../udp/LossyRelay';
import type { Child, Halt } from './Child';
import { OurChild } from './OurChild';
import { OwnChild } from './OwnChild';
import { Records } from './Records';
import { monotonicNow, msSince } from '../../src/trace/monotonic';

const HOST = '127.0.0.1';
const MOST_CHILDREN = 8;
/** Milliseconds that a datagram waits in the relay: a click can lose it. */
const RELAY_MS = 1200;
/** A UDP client waits longer than both ways take; and almost forever in step mode. */
const UDP_TIMEOUT_S: Readonly<Record<Mode, number>> = { live: 4, step: 3600 };

/** A request that can't be met, and why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** The settings that the page asks for. */
export interface Wanted {
  readonly lab: string;
  readonly mode: Mode;
}

/** The student's programs from the command line: no others can be started. */
export interface Own {
  /** The lab of the other program, if the student has only one. */
  readonly lab: string;
  readonly server: readonly string[] | undefined;
  readonly client: readonly string[] | undefined;
  /** The folder to start them in. */
  readonly cwd: string;
}

/** The name of the lab with the student's own programs. */
export const OWN = 'own';

/** The labs whose programs are all ours. */
const LABS: Readonly<Record<string, Pair>> = { ...PAIRS, ...LESSON_PAIRS };

/** How a client differs from one that just runs. */
export interface ClientOptions {
  /** It is halted before its first call of this name. */
  readonly halt?: string;
  /** Of another server than the first. */
  readonly port?: number | undefined;
}

/** The programs that the page has started, and what they have recorded. */
export class RunningLab extends EventEmitter<{
  state: [];
  said: [string];
}> {
  readonly records = new Records(() =>
    Math.min(...[...this.#children].map(({ recordedUntil }) => recordedUntil)),
  );
  readonly #children = new Set<Child>();
  /** The programs that wait before a call, once for each call. */
  readonly #halted: (Halt & { readonly child: Child; readonly id: number })[] = [];
  #halts = 0;
  #lab: string;
  #mode: Mode = 'live';
  #origin = monotonicNow();
  #address: string | undefined;
  #server: Child | undefined;
  #isStopping = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** The port that the student's server gets, if it needs one. */
  #reserved: ReservedPort | undefined;
  /** Where the records of the student's programs are. */
  #folder: string | undefined;
  /** The sources that their records name. */
  readonly #named = new Set<string>();
  /** How the student's programs are watched. */
  readonly #ways = new Set<string>();
  #started = 0;
  #relay: LossyRelay | undefined;
  #relayAddress: string | undefined;
  #logs: string | undefined;

  constructor(readonly own?: Own) {
    super();
    this.#lab = own ? OWN : 'echo';
    this.records.on('dropped', () => this.emit('state'));
  }

  get state(): State {
    return {
      lab: this.#lab,
      mode: this.#mode,
      phase: this.#phase,
      server: this.#address,
      relay: this.#relayAddress,
      clients: this.#clients.length,
      halted: this.#halted.map(({ id, child, call, line }) => ({
        ...{ id, call, line, role: child.role, program: child.name, pid: child.pid },
      })),
      dropped: this.records.dropped,
      ways: [...this.#ways],
    };
  }

  get #phase(): State['phase'] {
    if (this.#isStopping) return 'stops';
    if (this.#address !== undefined) return 'listens';
    return this.#server ? 'starts' : 'none';
  }

  /**
   * Carries out one order after the other: otherwise stopping all could miss a program that is just starting.
   */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined); // who has asked is told
    return done;
  }

  /** A command of the student's, where the lab is that. */
  #ownCommand(role: Role): readonly string[] | undefined {
    return this.#lab === OWN ? this.own?.[role] : undefined;
  }

  /** Of LABS: whose programs these are, or meet the student's. */
  get #pair(): string {
    return this.#lab === OWN ? (this.own?.lab ?? '') : this.#lab;
  }

  get #isUdp(): boolean {
    return this.#pair.startsWith('udp');
  }

  get #clients(): Child[] {
    return [...this.#children].filter(({ role }) => role === 'client');
  }

  /**
   * Forgets the last run, and starts the server of a lab; one of UDP behind a relay.
   * @throws Refusal when programs still run.
   */
  start(wanted: Wanted, odds: Odds): Promise<void> {
    return this.#inTurn(() => this.#start(wanted, odds));
  }

  async #start(wanted: Wanted, odds: Odds): Promise<void> {
    await this.#begin(wanted);
    if (hasPort(this.#ownCommand('server'))) this.#reserved = await ReservedPort.on(HOST);
    const server = await this.#spawn('server', this.#usualPort, this.#logFolder());
    this.#server = server;
    void this.#serves(server, odds);
    this.emit('state');
  }

  /** Begins a new, empty run. */
  async #begin({ lab, mode }: Wanted): Promise<void> {
    const isOwn = lab === OWN && this.own !== undefined;
    if (!isOwn && !Object.hasOwn(LABS, lab)) throw new Refusal(`there is no lab "${lab}"`);
    if (this.#children.size > 0) throw new Refusal('programs still run: stop them first');
    await this.#stopAll();
    this.records.clear();
    this.#named.clear();
    this.#ways.clear();
    this.#lab = lab;
    this.#mode = mode;
    this.#origin = monotonicNow();
  }

  /** Of a server, before it has said one. */
  get #usualPort(): number {
    const [server, client] = [this.#ownCommand('server'), this.#ownCommand('client')];
    return this.#reserved?.port ?? usualPort({ lab: this.#pair, server, client });
  }

  /** From when the server listens until it ends. */
  async #serves(server: Child, odds: Odds): Promise<void> {
    const address = await server.address;
    if (this.#server !== server) return;
    if (address !== undefined && !server.hasEnded) {
      this.#address = address;
      this.emit('state');
      if (this.#isUdp && this.#canMeetRelay) void this.#startRelay(addressOf(address), odds);
      await once(server, 'ended');
    }
    if (this.#server !== server) return;
    this.#server = undefined;
    this.#address = undefined;
    this.emit('state');
  }

  /** A client of the student's that knows its port goes to the server. */
  get #canMeetRelay(): boolean {
    const client = this.#ownCommand('client');
    return client === undefined || hasPort(client);
  }

  async #startRelay(server: Address, odds: Odds): Promise<void> {
    const relay = new LossyRelay(server, odds, this.#relays.bind(this), RELAY_MS);
    this.#relay = relay;
    const address = await relay.start({ host: server.host, port: 0 });
    if (this.#relay !== relay) return; // stopped in the meantime
    this.#relayAddress = formatAddress(address);
    this.emit('state');
  }

  #relays({ direction, number, fate, client, via, data }: Passage): void {
    this.records.add({
      v: VERSION,
      type: 'relay',
      t: this.#now(),
      direction,
      number,
      fate,
      client: formatAddress(client),
      via: formatAddress(via),
      bytes: bytesOf(data, number - 1),
    });
  }

  /** ms since the run began. */
  #now(): number {
    return round(msSince(this.#origin));
  }

  /** Loses a datagram that waits in the relay. */
  lose(direction: Direction, number: number): void {
    if (!this.#relay?.lose(direction, number))
      throw new Refusal('that datagram waits in the relay no more');
  }

  /** A second server on the port of the first, or on this one. */
  second(port = serverPort(this.#address)): Promise<Child> {
    return this.#inTurn(() => this.#spawn('server', port, this.#logFolder()));
  }

  /**
   * Runs clients at the same time, one for each message, or none if that is not possible; several clients
   * wait before connect() and continue together.
   */
  clients(
    wanted: Wanted,
    messages: readonly string[],
    options: ClientOptions = {},
  ): Promise<readonly Child[]> {
    return this.#inTurn(() => this.#clientsWith(wanted, messages, options));
  }

  async #clientsWith(
    wanted: Wanted,
    messages: readonly string[],
    options: ClientOptions,
  ): Promise<readonly Child[]> {
    const isAnother = wanted.lab !== this.#lab || wanted.mode !== this.#mode;
    if (isAnother && this.#children.size > 0)
      throw new Refusal('another lab, or another pace, is running: stop it first');
    if (isAnother) await this.#begin(wanted);
    const isAlone = this.#address === undefined;
    const wait = this.#isUdp
      ? ['--timeout', String(isAlone ? 1 : UDP_TIMEOUT_S[this.#mode])]
      : ['--wait', isAlone ? '0' : '5'];
    const { port = isAlone ? 1 : serverPort(this.#relayAddress ?? this.#address) } = options;
    const areHeld = messages.length > 1 && this.#mode === 'live';
    const halt = areHeld ? 'connect' : options.halt;
    const clients = await this.#spawnAll(messages, (message) =>
      this.#spawn('client', port, [...wait, ...(message === '' ? [] : ['--', message])], halt),
    );
    if (areHeld) this.#release(clients);
    return clients;
  }

  /** A halted process makes its call: this one, or the one that was halted first. */
  step(id = this.#halted[0]?.id): void {
    const place = this.#halted.findIndex((halted) => halted.id === id);
    const [halted] = place < 0 ? [] : this.#halted.splice(place, 1);
    if (!halted) throw new Refusal('no such process is halted');
    this.#goOn(halted.child);
  }

  /** Continues a client that was halted for a lesson, unless the user already did so. */
  letGoOn(child: Child): void {
    const halted = this.#halted.find((each) => each.child === child);
    if (halted && this.#mode === 'live') this.step(halted.id);
  }

  /**
   * Resolves when this condition is true; it is checked whenever a program or its records change.
   * @throws the reason of the signal, when that is aborted before.
   */
  until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!signal.aborted && !isSo()) return;
        this.off('state', look);
        this.records.off('added', look);
        signal.removeEventListener('abort', look);
        if (signal.aborted) reject(signal.reason as Error);
        else resolve();
      };
      this.on('state', look);
      this.records.on('added', look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  /** Kills a client. */
  kill(): void {
    const client = this.#clients.at(0);
    if (!client) throw new Refusal('no client is running');
    client.kill();
  }

  /** Stops all programs, within about a second. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stopAll());
  }

  async #stopAll(): Promise<void> {
    this.#isStopping = true;
    this.emit('state');
    try {
      await Promise.all([...this.#children].map((child) => child.stop()));
    } finally {
      this.#isStopping = false; // also when a program of the student's can't be ended
    }
    this.#children.clear();
    this.#halted.length = 0;
    this.#server = undefined;
    this.#address = undefined;
    await this.#relay?.stop();
    this.#relay = undefined;
    this.#relayAddress = undefined;
    this.records.settle();
    await this.#reserved?.[Symbol.asyncDispose]();
    this.#reserved = undefined;
    for (const folder of [this.#logs, this.#folder])
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    this.#logs = undefined;
    this.#folder = undefined;
    this.emit('state');
  }

  #logFolder(): string[] {
    if (this.#pair !== 'logging') return [];
    this.#logs ??= temporaryFolder('live');
    return ['--log-dir', this.#logs];
  }

  /** All of them, or none. */
  async #spawnAll(
    messages: readonly string[],
    spawn: (message: string) => Promise<Child>,
  ): Promise<Child[]> {
    this.#expectRoomFor(messages.length);
    const tried = await Promise.allSettled(messages.map(spawn));
    const failed = tried.find(({ status }) => status === 'rejected');
    const children = tried.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (!failed) return children;
    for (const child of children) child.kill();
    throw (failed as PromiseRejectedResult).reason;
  }

  #expectRoomFor(count: number): void {
    const room = MOST_CHILDREN - this.#children.size;
    if (room >= count) return;
    const some = room === 0 ? '' : `, and only ${room} more may`;
    throw new Refusal(
      `${this.#children.size} programs are running${some}: wait until one has ended`,
    );
  }

  /**
   * @param args of our own programs.
   * @throws Refusal when there is no room for it.
   */
  async #spawn(role: Role, port: number, args: readonly string[], hold?: string): Promise<Child> {
    this.#expectRoomFor(1);
    const halt = this.#mode === 'step' ? 'all' : hold;
    const command = this.#ownCommand(role);
    const child =
      command === undefined
        ? this.#ourChild(role, port, args, halt)
        : this.#ownChild(role, command, port, halt);
    this.#listen(child);
    this.#children.add(child);
    try {
      await child.started;
    } catch (error) {
      this.#children.delete(child);
      if (error instanceof KitError) throw new Refusal(error.message);
      throw new Refusal(`${child.name} could not be started: ${explain('spawn', error)}`);
    }
    if (child instanceof OwnChild) this.#ways.add(child.way);
    this.emit('state');
    return child;
  }

  #ourChild(role: Role, port: number, args: readonly string[], halt = ''): Child {
    const [server = '', client = ''] = LABS[this.#pair] ?? [];
    const file = role === 'server' ? server : client;
    const words = file.startsWith('steps/') ? [String(port)] : ['--port', String(port), ...args];
    return new OurChild(role, file, words, this.#origin, halt, this.#now.bind(this));
  }

  #ownChild(role: Role, command: readonly string[], port: number, halt: string | undefined): Child {
    this.#folder ??= temporaryFolder('live-own');
    const place = ++this.#started;
    const words = filled(command, port, this.#logs ?? path.join(this.#folder, 'logs'));
    const file = path.join(this.#folder, `${place}.jsonl`);
    const { cwd = '.' } = this.own ?? {};
    const start = { role, command: words, cwd, file, origin: this.#origin, place, halt };
    return new OwnChild(start, `${HOST}:${port}`, this.#now.bind(this));
  }

  #listen(child: Child): void {
    const origin = this.#origin;
    child.on('record', (record) => {
      if (origin === this.#origin) this.#add(child, record); // or it is of a run that is over
    });
    child.on('halts', (halt) => {
      child.halted += 1;
      this.#halted.push({ ...halt, child, id: ++this.#halts });
      this.emit('state');
    });
    child.on('said', (text) => this.emit('said', text));
    child.once('ended', () => {
      this.#children.delete(child);
      this.#forgetHalts(child);
      this.emit('state');
    });
  }

  #forgetHalts(child: Child): void {
    const others = this.#halted.filter((halted) => halted.child !== child);
    this.#halted.splice(0, this.#halted.length, ...others);
  }

  /** A record of the student's may name a source that is not known yet. */
  #add(child: Child, record: TraceRecord): void {
    if (child instanceof OwnChild) {
      const files = filesIn([record]).filter((file) => !this.#named.has(file));
      for (const file of files) this.#named.add(file);
      const isTooMuch = this.#named.size > MOST_FILES;
      if (!isTooMuch) this.records.sources.push(...sourcesOf(files, this.own?.cwd ?? '.'));
    }
    if (record.type === 'call') child.pid = record.pid;
    this.records.add(record);
  }

  #goOn(child: Child): void {
    child.halted -= 1;
    child.goOn();
    this.emit('state');
  }

  /** Continues all clients as soon as all are halted, or have ended. */
  #release(held: readonly Child[]): void {
    const look = () => {
      const waiting = held.filter((child) => child.canHalt && this.#children.has(child));
      if (!waiting.every(({ halted }) => halted > 0)) return;
      this.off('state', look);
      for (const child of waiting) {
        this.#forgetHalts(child);
        this.#goOn(child);
      }
    };
    this.on('state', look);
    look();
  }
}

/** The port in an address of the server's. */
function serverPort(address: string | undefined): number {
  const port = portOf(address);
  if (port === undefined) throw new Refusal('the server does not run');
  return port;
}

/** `[::1]:65432`; one that is bound to all addresses is reached on this machine's own. */
function addressOf(text: string): Address {
  const host = text.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return { host: host === '0.0.0.0' || host === '::' ? HOST : host, port: serverPort(text) };
}
