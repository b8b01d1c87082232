import { EventEmitter, once } from 'node:events';
import { type FSWatcher, readFileSync, rmSync, watch } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex, Writable } from 'node:stream';
import { type Address, formatAddress } from '../../src/socket/Address';
import { commandOf, LabProgram } from '../lab/LabProgram';
import { PAIRS } from '../lab/pairs';
import { temporaryFolder } from '../lab/temporaryFolder';
import type { Mode, State } from '../page/browser/protocol';
import { explain } from '../../src/text/errno';
import { ORIGIN, type Role, type TraceRecord, VERSION } from '../../src/trace/record';
import { bytesOf, round } from '../../src/trace/Recorder';
import { type Direction, LossyRelay, type Odds, type Passage } from '../udp/LossyRelay';
import { Records } from './Records';

const MOST_CHILDREN = 8;
/** A datagram waits so long in the relay: it can be lost by a click. */
const RELAY_MS = 1200;
/** A UDP client waits longer than both ways take; and for ever, nearly, for who steps. */
const UDP_TIMEOUT_S: Readonly<Record<Mode, number>> = { live: 4, step: 3600 };
/** A server that is told to stop has so long. */
const GRACE_MS = 6000;

/** A request that can't be met, and why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

interface Child {
  readonly role: Role;
  readonly program: LabProgram;
  isHalted: boolean;
}

/** The programs that the page has started, and what they have recorded. */
export class RunningLab extends EventEmitter<{
  state: [];
  said: [string];
}> {
  readonly records = new Records();
  readonly #children = new Set<Child>();
  readonly #halted: Child[] = [];
  #lab = 'echo';
  #mode: Mode = 'live';
  #origin = process.hrtime.bigint();
  #address: string | undefined;
  #server: Child | undefined;
  #relay: LossyRelay | undefined;
  #relayAddress: string | undefined;
  #logs: string | undefined;
  #watcher: FSWatcher | undefined;
  #logged: string | undefined;

  constructor() {
    super();
    this.records.on('dropped', () => this.emit('state'));
  }

  get state(): State {
    return {
      lab: this.#lab,
      mode: this.#mode,
      server: this.#address,
      relay: this.#relayAddress,
      clients: this.#clients.length,
      halted: this.#halted.length,
      dropped: this.records.dropped,
      logged: this.#logged,
    };
  }

  get #clients(): Child[] {
    return [...this.#children].filter(({ role }) => role === 'client');
  }

  /** Forgets the last run, and starts the server of a lab; one of UDP behind a relay. */
  async start(lab: string, mode: Mode, odds: Odds): Promise<void> {
    if (!Object.hasOwn(PAIRS, lab)) throw new Refusal(`there is no lab "${lab}"`);
    await this.stop();
    this.records.clear();
    this.#lab = lab;
    this.#mode = mode;
    this.#origin = process.hrtime.bigint();
    const [Server = ''] = PAIRS[lab] ?? [];
    const server = await this.#spawn('server', Server, ['--port', '0', ...this.#logFolder()]);
    this.#server = server;
    void this.#serves(server, odds);
    this.emit('state');
  }

  /** From when the server listens until it ends. */
  async #serves(server: Child, odds: Odds): Promise<void> {
    const { program } = server;
    const address = await program.address().catch(() => undefined);
    if (this.#server !== server) return;
    if (address && !program.hasEnded) {
      this.#address = formatAddress(address);
      this.emit('state');
      if (this.#lab.startsWith('udp')) void this.#startRelay(address, odds);
      await once(program.child, 'exit');
    }
    if (this.#server !== server) return;
    this.#server = undefined;
    this.#address = undefined;
    this.emit('state');
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
    return round(Number(process.hrtime.bigint() - this.#origin) / 1e6);
  }

  /** Loses a datagram that waits in the relay. */
  lose(direction: Direction, number: number): void {
    if (!this.#relay?.lose(direction, number))
      throw new Refusal('that datagram waits in the relay no more');
  }

  /** A second server on the port of the first. */
  async second(): Promise<void> {
    const [Server = ''] = PAIRS[this.#lab] ?? [];
    const args = ['--port', serverPort(this.#address), ...this.#logFolder()];
    await this.#spawn('server', Server, args);
  }

  /**
   * Runs so many clients at the same time, or none if that is not possible; several are held before
   * connect(), and let go together.
   */
  async client(message: string, count: number): Promise<void> {
    const [, Client = ''] = PAIRS[this.#lab] ?? [];
    const text = message === '' ? [] : ['--', message];
    const isAlone = this.#address === undefined;
    const wait = this.#lab.startsWith('udp')
      ? ['--timeout', String(isAlone ? 1 : UDP_TIMEOUT_S[this.#mode])]
      : ['--wait', isAlone ? '0' : '5'];
    const port = isAlone ? '1' : serverPort(this.#relayAddress ?? this.#address);
    const args = ['--port', port, ...wait, ...text];
    const isHeld = count > 1 && this.#mode === 'live';
    const clients = await this.#spawnAll(count, () =>
      this.#spawn('client', Client, args, isHeld ? 'connect' : undefined),
    );
    if (isHeld) this.#release(clients);
  }

  /** The next of the halted processes makes its call. */
  step(): void {
    const child = this.#halted.shift();
    if (!child) throw new Refusal('no process is halted');
    this.#goOn(child);
  }

  /** Ends a client in the middle, without a word. */
  kill(): void {
    const client = this.#clients.at(0);
    if (!client) throw new Refusal('no client is running');
    const { child } = client.program;
    child.kill('SIGKILL');
    const { pid = 0 } = child;
    // When its own records have all come.
    child.once('close', () => {
      this.records.add({ v: VERSION, type: 'killed', t: this.#now(), pid, signal: 'SIGKILL' });
    });
  }

  /** Stops all programs. */
  async stop(): Promise<void> {
    const all = [...this.#children];
    await Promise.all(
      all.map(async ({ program, isHalted }) => {
        const force = setTimeout(() => program.child.kill('SIGKILL'), GRACE_MS);
        await program.stop(isHalted ? 'SIGKILL' : 'SIGTERM');
        clearTimeout(force);
      }),
    );
    await this.#relay?.stop();
    this.#relay = undefined;
    this.#relayAddress = undefined;
    this.records.settle();
    this.#watcher?.close();
    if (this.#logs !== undefined) rmSync(this.#logs, { recursive: true, force: true });
    this.#logs = undefined;
    this.#logged = undefined;
  }

  #logFolder(): string[] {
    if (this.#lab !== 'logging') return [];
    if (this.#logs === undefined) {
      const folder = temporaryFolder('live');
      this.#logs = folder;
      this.#watcher = watch(folder, (_, name) => {
        this.#hasLogged(folder, name ?? '');
      });
    }
    return ['--log-dir', this.#logs];
  }

  /** A file of the log has a line: it is shown beside the calls. */
  #hasLogged(folder: string, name: string): void {
    try {
      const line = readFileSync(path.join(folder, name), 'utf8').trimEnd();
      if (line === '') return;
      this.#logged = `${name}: ${line}`;
      this.emit('state');
    } catch {
      // gone again, or not there yet
    }
  }

  /** All of them, or none. */
  async #spawnAll(count: number, spawn: () => Promise<Child>): Promise<Child[]> {
    this.#expectRoomFor(count);
    const tried = await Promise.allSettled(Array.from({ length: count }, spawn));
    const failed = tried.find(({ status }) => status === 'rejected');
    const children = tried.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (!failed) return children;
    for (const { program } of children) program.child.kill('SIGKILL');
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

  /** @throws Refusal when there is no room for it. */
  async #spawn(role: Role, name: string, args: readonly string[], hold?: string): Promise<Child> {
    this.#expectRoomFor(1);
    const halt = this.#mode === 'step' ? 'all' : (hold ?? '');
    const child: Child = {
      role,
      isHalted: false,
      program: new LabProgram([...commandOf(`src/${name}`, 'tools/live/child'), ...args], {
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'ipc'],
        env: {
          ...process.env,
          [ORIGIN]: String(this.#origin),
          LAB_LIVE_ROLE: role,
          LAB_LIVE_PROGRAM: path.basename(name),
          LAB_LIVE_HALT: halt,
        },
      }),
    };
    this.#children.add(child);
    try {
      await child.program.spawned;
    } catch (error) {
      this.#children.delete(child);
      throw new Refusal(`${path.basename(name)} could not be started: ${explain('spawn', error)}`);
    }
    this.#listen(child);
    this.emit('state');
    return child;
  }

  #listen(child: Child): void {
    const { child: program } = child.program;
    const origin = this.#origin;
    createInterface({ input: program.stdio[3] as Duplex }).on('line', (line) => {
      if (origin !== this.#origin) return; // the last words of a run that is over
      const said = JSON.parse(line) as TraceRecord | { type: 'halted' };
      if (said.type === 'halted') this.#halts(child);
      else this.records.add(said);
    });
    program.stdio[4]?.on('error', () => undefined); // it has gone
    program.stderr?.on('data', (data: Buffer) => this.emit('said', String(data)));
    program.once('exit', () => {
      this.#children.delete(child);
      const index = this.#halted.indexOf(child);
      if (index >= 0) this.#halted.splice(index, 1);
      this.emit('state');
    });
  }

  #halts(child: Child): void {
    child.isHalted = true;
    this.#halted.push(child);
    this.emit('state');
  }

  #goOn(child: Child): void {
    child.isHalted = false;
    (child.program.child.stdio[4] as Writable).write('.');
    this.emit('state');
  }

  /** Lets all go on as soon as all are halted, or have ended. */
  #release(held: readonly Child[]): void {
    const look = () => {
      const waiting = held.filter((child) => this.#children.has(child));
      if (!waiting.every(({ isHalted }) => isHalted)) return;
      this.off('state', look);
      for (const child of waiting) {
        this.#halted.splice(this.#halted.indexOf(child), 1);
        this.#goOn(child);
      }
    };
    this.on('state', look);
    look();
  }
}

/** The port in an address of the server's. */
function serverPort(address: string | undefined): string {
  if (address === undefined) throw new Refusal('the server does not run');
  return address.replace(/^.*:/, '');
}
