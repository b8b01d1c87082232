import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Logged, LOGGED } from '../services/RequestLogger';
import { type Address, formatAddress } from '../socket/Address';
import { type Call, calls } from '../socket/calls';
import { codeOf } from '../text/errno';
import { callLinesNow } from './sourceLines';
import {
  type Bytes,
  type CallRecord,
  ORIGIN,
  type Role,
  type TraceRecord,
  VERSION,
} from './record';
import { monotonicNow, msSince } from './monotonic';

const KEPT_BYTES = 256;
/** Of a line of the log. */
const KEPT_CHARACTERS = 256;

/** The program whose calls are recorded. */
export interface Who {
  readonly role: Role;
  readonly program: string;
}

/** What we know about a socket. */
interface Known {
  readonly number: number;
  sent: number;
  received: number;
  /** Its addresses; they stay when the socket has lost them. */
  ends: { readonly local?: string; readonly peer?: string };
}

interface Socketish {
  readonly local?: Address;
  readonly peer?: Address;
}

/** Makes a record of each call of each socket in this process, from now on. */
export class Recorder {
  readonly #known = new WeakMap<object, Known>();
  readonly #begun = new WeakMap<Call, CallRecord>();
  readonly #origin: bigint;
  readonly #watcher = {
    start: (made: Call) => {
      this.begins(made);
    },
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: (made: Call) => {
      this.#isOver(made, 'return');
    },
    error: (made: Call) => {
      this.#isOver(made, 'throw');
    },
  };
  readonly #heard = (message: unknown) => {
    this.#hasLogged(message as Logged);
  };
  #sockets = 0;
  #calls = 0;

  constructor(
    private readonly who: Who,
    private readonly write: (record: TraceRecord) => void,
  ) {
    const now = monotonicNow();
    this.#origin = BigInt(process.env[ORIGIN] ?? now);
    const started = new Date(Date.now() - Number(now - this.#origin) / 1e6).toISOString();
    write({ v: VERSION, type: 'run', node: process.version, pid: process.pid, started });
    calls.subscribe(this.#watcher);
    subscribe(LOGGED, this.#heard);
  }

  /** Stops recording. */
  stop(): void {
    calls.unsubscribe(this.#watcher);
    unsubscribe(LOGGED, this.#heard);
  }

  /** Records the beginning of a call; also used for the first call of a process. */
  begins(made: Call): void {
    if (this.#begun.has(made)) return;
    const { socket, name, args } = made;
    const known = this.#of(socket);
    const record: CallRecord = {
      v: VERSION,
      type: 'call',
      id: `${process.pid}.${++this.#calls}`,
      phase: 'call',
      t: this.#now(),
      ...this.who,
      pid: process.pid,
      proto: 'recvfrom' in socket ? 'udp' : 'tcp',
      sock: known.number,
      call: name,
      args: args.map(argument),
      ...this.#ends(socket, name, args),
      ...callLinesNow(),
      ...given(name, args, known),
    };
    this.#begun.set(made, record);
    this.write(record);
  }

  #isOver(made: Call, phase: 'return' | 'throw'): void {
    const begun = this.#begun.get(made);
    if (!begun) return; // it began before this recorder
    const { socket, name, args, result, error } = made;
    const t = this.#now();
    this.write({
      ...begun,
      phase,
      t,
      d: round(t - begun.t),
      ...this.#ends(socket, name, args),
      ...(phase === 'throw' ? thrown(error) : this.#got(name, result, this.#of(socket))),
    });
  }

  #hasLogged({ file, line, client }: Logged): void {
    const t = this.#now();
    const kept = line.trimEnd().slice(0, KEPT_CHARACTERS);
    const { pid } = process;
    this.write({ v: VERSION, type: 'logged', t, pid, file, line: kept, client, ...callLinesNow() });
  }

  /** The result of a call: bytes, or a socket. */
  #got(name: string, result: unknown, known: Known): Partial<CallRecord> {
    if (name === 'recv' && result instanceof Uint8Array) {
      const bytes = bytesOf(result, known.received);
      known.received += result.length;
      return { result: result.length, bytes };
    }
    if (name === 'recvfrom') {
      const { data, peer } = result as { data: Uint8Array; peer: Address };
      return {
        result: data.length,
        bytes: bytesOf(data, known.received++),
        peer: formatAddress(peer),
      };
    }
    if (name === 'accept') {
      const client = result as Socketish;
      return { result: this.#of(client).number, ...this.#ends(client, name, []) };
    }
    return {};
  }

  /** The two addresses of a socket, as far as they are known; a datagram has its own peer. */
  #ends(socket: Socketish, name: string, args: readonly unknown[]): Partial<CallRecord> {
    const known = this.#of(socket);
    const local = addressOf(() => socket.local);
    const peer = addressOf(() => socket.peer);
    known.ends = { ...known.ends, ...(local && { local }), ...(peer && { peer }) };
    const to = name === 'sendto' ? addressOf(() => args[1]) : undefined;
    return { ...known.ends, ...(to && { peer: to }) };
  }

  #of(socket: object): Known {
    const known = this.#known.get(socket) ?? {
      number: ++this.#sockets,
      sent: 0,
      received: 0,
      ends: {},
    };
    this.#known.set(socket, known);
    return known;
  }

  #now(): number {
    return round(msSince(this.#origin));
  }
}

/** The bytes that a call must send. */
function given(name: string, args: readonly unknown[], known: Known): Partial<CallRecord> {
  const [data] = args;
  if (!(data instanceof Uint8Array)) return {};
  const bytes = bytesOf(data, known.sent);
  known.sent += name === 'sendto' ? 1 : data.length;
  return { bytes };
}

/** The first of these bytes, as a record holds them. */
export function bytesOf(data: Uint8Array, off: number): Bytes {
  const kept = Buffer.from(data.subarray(0, KEPT_BYTES));
  return {
    n: data.length,
    off,
    b64: kept.toString('base64'),
    truncated: data.length > KEPT_BYTES,
  };
}

function addressOf(read: () => unknown): string | undefined {
  try {
    const address = read() as Address | undefined;
    return address && formatAddress(address);
  } catch {
    return undefined; // not yet
  }
}

function argument(value: unknown): string | number {
  if (typeof value === 'number') return value;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Error) return value.message;
  if (typeof value === 'object' && value && 'host' in value) return formatAddress(value as Address);
  return String(value);
}

function thrown(error: unknown): Partial<CallRecord> {
  const message = error instanceof Error ? error.message : String(error);
  return { error: { code: codeOf(error) ?? 'EUNKNOWN', message } };
}

/** ms, to the nearest µs. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
