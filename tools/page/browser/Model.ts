import type { SourceLine, Role, TraceRecord } from '../../../src/trace/record';
import { type Lane, Lanes } from '../../../src/trace/Lanes';
import { Reducer } from '../../../src/trace/Reducer';
import {
  type Carried,
  type Mark,
  type Relayed,
  relayedBy,
  type Row,
} from '../../../src/trace/rows';
import { whyFailed } from '../../../src/trace/words';
import { type Place, ServerLanes, type ServerSocket } from './ServerLanes';

/** A row, and the life line of the client it is about; undefined where no client is there yet. */
export interface Event extends Row {
  readonly lane: number | undefined;
  /** Where a relay is between: the event in which the datagram was sent, counted with all dropped. */
  readonly sentAt: number | undefined;
  /** The life line of the server's socket, and of the one that it has given. */
  readonly place: Place;
}

/** A call that has begun and is not over, on its life line. */
export interface Wait {
  readonly role: Role;
  readonly lane: number;
  readonly t: number;
  readonly call: string;
}

/** The page's model of a run. Events are only added, never changed. */
export class Model {
  readonly events: Event[] = [];
  /** Whether it is a run over UDP, which has other steps. */
  isUdp = false;
  /** Whether the run is over: then calls that waited until its end have their own rows. */
  #isOver = false;
  readonly #lanes = new Lanes();
  readonly #serverLanes = new ServerLanes();
  /** Older events that were discarded. */
  dropped = 0;
  /** Datagrams that wait in the relay, in the order in which they came. */
  readonly inRelay = new Map<string, Relayed>();
  readonly #sent = new Map<string, number>();
  readonly #reducer: Reducer;

  constructor(
    sides: Role | 'both',
    readonly names: Readonly<Record<Role, string>>,
  ) {
    this.#reducer = new Reducer(sides);
  }

  /** A run that is over. */
  static of(records: readonly TraceRecord[]): Model {
    const programs = new Map<Role, string>();
    for (const record of records)
      if (record.type === 'call') programs.set(record.role, record.program);
    const [only] = programs.keys();
    const names = {
      client: programs.get('client') ?? 'client',
      server: programs.get('server') ?? 'server',
    };
    const model = new Model(programs.size === 1 && only ? only : 'both', names);
    for (const record of records) model.add(record);
    model.#append(model.#reducer.finish());
    model.#isOver = true;
    return model;
  }

  add(record: TraceRecord): void {
    if (record.type === 'call') this.isUdp = record.proto === 'udp';
    this.#append(this.#reducer.add(record));
  }

  /** What the processes wait for now: `EchoClient A, EchoClient B in recv()`. */
  get waiting(): string[] {
    const waiting = this.#reducer.waiting.filter(({ call }) => WAITING.has(call));
    const byCall = new Map<string, Set<string>>();
    for (const { call, program, role, pid } of waiting) {
      const letter = role === 'client' ? this.letterOf(pid) : undefined;
      const names = byCall.get(call) ?? new Set();
      byCall.set(call, names.add(letter === undefined ? program : `${program} ${letter}`));
    }
    return [...byCall].map(([call, names]) => `${[...names].join(', ')} in ${call}()`);
  }

  /** Of a client's process, where there are several. */
  letterOf(pid: number): string | undefined {
    const lane = this.#lanes.ofProcess(pid);
    return this.lanes.length > 1 && lane !== undefined ? this.lanes[lane]?.letter : undefined;
  }

  /** The calls that still wait, each with its life line. */
  get openWaits(): Wait[] {
    return this.#reducer.waiting.flatMap(({ call, role, pid, sock, t }) => {
      const lane =
        role === 'client' ? this.#lanes.ofProcess(pid) : this.#serverLanes.laneOf(pid, sock);
      return WAITING.has(call) && lane !== undefined ? [{ role, lane, t, call }] : [];
    });
  }

  /** Those that no row shows yet: they have one below all others until they are over. */
  get waitRows(): Wait[] {
    return this.#isOver ? [] : this.openWaits.filter(({ call }) => call !== 'accept');
  }

  get lanes(): readonly Lane[] {
    return this.#lanes.all;
  }

  /** The server's sockets. */
  get sockets(): readonly ServerSocket[] {
    return this.#serverLanes.sockets;
  }

  /** How many life lines they have. */
  get serverLanes(): number {
    return this.#serverLanes.count;
  }

  /** Whether a relay is between client and server. */
  get hasRelay(): boolean {
    return this.#sent.size > 0;
  }

  /** Whether what this event has sent is still in the relay. */
  isInRelay({ arrow }: Event): boolean {
    const relayed = relayedBy(arrow);
    return relayed !== undefined && this.inRelay.has(keyOf(relayed));
  }

  #append(rows: readonly Row[]): void {
    for (const row of rows)
      this.events.push({
        ...row,
        lane: this.#lanes.of(row),
        sentAt: this.#sentAt(row),
        place: this.#serverLanes.place(row, this.dropped + this.events.length),
      });
    if (this.events.length <= MOST_EVENTS) return;
    const oldest = this.events.length - MOST_EVENTS + MOST_EVENTS / 10;
    this.events.splice(0, oldest);
    this.dropped += oldest;
    this.#serverLanes.forgetBefore(this.dropped);
    for (const [key, sentAt] of this.#sent) if (sentAt < this.dropped) this.#sent.delete(key);
  }

  #sentAt({ arrow }: Row): number | undefined {
    const relayed = relayedBy(arrow);
    if (!relayed) return undefined;
    const key = keyOf(relayed);
    if (arrow?.kind !== 'in relay') {
      this.inRelay.delete(key);
      return this.#sent.get(key);
    }
    this.inRelay.set(key, relayed);
    const number = this.dropped + this.events.length;
    this.#sent.set(key, number);
    return number;
  }
}

/** At most this many are kept: the oldest are discarded, and the page says so. */
const MOST_EVENTS = 20_000;
const WAITING = new Set(['accept', 'connect', 'recv', 'recvfrom', 'sendall']);

/** Tells a datagram from all others of a run. */
function keyOf({ direction, number }: Relayed): string {
  return `${direction} ${number}`;
}

/** The line to be shown for a call: the lab's own where there is one. */
export function lineShown(mark: Mark | undefined): SourceLine | undefined {
  return mark?.lab ?? mark?.at;
}

/** When a row happened, in ms since the run began. */
export function timeOf({ client, server, t }: Row): number {
  return Math.max(client?.t ?? 0, server?.t ?? 0, t ?? 0);
}

/** The steps of the slide "Socket Programming: Client - Server", on each side. */
export const STEPS: Readonly<Record<Role, readonly string[]>> = {
  client: ['socket', 'connect', 'send', 'recv', 'close'],
  server: ['socket', 'bind', 'listen', 'accept', 'recv', 'send', 'close'],
};

/** Those of the slide "Socket Programming with UDP". */
export const UDP_STEPS: typeof STEPS = {
  client: ['socket', 'sendto', 'recvfrom', 'close'],
  server: ['socket', 'bind', 'recvfrom', 'sendto', 'close'],
};

/** The slide's name of a call. */
export function stepOf(mark: Mark | undefined): string | undefined {
  const steps: Record<string, string> = { sendall: 'send' };
  return mark && (steps[mark.call] ?? mark.call);
}

const SENTENCES: Readonly<Record<string, string>> = {
  socket: 'A new socket. It is not connected yet.',
  bind: 'The server takes its address and port.',
  listen: 'The port is open: from now on clients can connect.',
  accept: 'The server takes the next client.',
  connect: 'The client sets its peer. UDP sends nothing for that.',
  close: 'This side has finished with the socket.',
};

/** An event in a sentence. */
export function sentenceOf(event: Event, names: Readonly<Record<Role, string>>): string {
  const { arrow, client, server } = event;
  const why = whyFailed(event, names);
  if (why !== undefined) return why;
  if (client?.state === 'waits') return 'The client waits here until something comes.';
  if (server?.state === 'waits') return 'The server waits here until something comes.';
  if (!arrow) return ownSentence(client, server);
  const from = arrow.to === 'server' ? 'client' : 'server';
  switch (arrow.kind) {
    case 'handshake':
      return `The two systems shake hands (SYN, SYN-ACK, ACK), and connect() returns. accept() only takes the finished connection.${newSocket(server)}`;
    case 'eof':
      return `The ${from} sends nothing more: recv() on the other side returns no bytes, and that means end of file.`;
    case 'in relay':
      return 'It has reached the relay, which passes it on, loses it, doubles it, or lets the next one overtake it.';
    case 'missing':
      if (arrow.why === 'lost in relay')
        return `It is lost on the way to the ${arrow.to}. UDP does not tell either side.`;
      if (arrow.why === 'too late')
        return 'It arrives too late: the client gave up this try, and the next try has another port.';
      return `The bytes from ${names[from]} have not been received.`;
    case 'bytes': {
      const { n } = arrow.bytes;
      const travel = n === 1 ? 'byte travels' : 'bytes travel';
      return `${n} ${travel} from the ${from} to the ${arrow.to}.${remarkOf(arrow)}`;
    }
    case 'reset':
    case 'failed':
      return ''; // the call on its other end says why
  }
}

/** Of a call that nothing travels with. */
function ownSentence(client: Mark | undefined, server: Mark | undefined): string {
  const mark = client ?? server;
  const { call = '', named, logged } = mark ?? {};
  if (logged)
    return `The server has created the file ${logged.file}, with this line: ${logged.line}`;
  if (call === 'close' && named !== undefined)
    return `The server has finished with its socket #${named}.`;
  return `${SENTENCES[call] ?? ''}${newSocket(server)}`;
}

/** What `accept` has given. */
function newSocket(server: Mark | undefined): string {
  const { call, named, accepted, sock } = server ?? {};
  if (call !== 'accept' || named === undefined || accepted === undefined) return '';
  return ` accept() returns a new socket, #${named}, for the client at port ${accepted}; #${sock} still welcomes other clients.`;
}

/** What is special about a datagram that has come. */
function remarkOf({ overtaken = 0, remark }: Carried): string {
  if (remark === 'doubled') return ' It has come before: it was doubled on the way.';
  if (remark === 'late') return ' Its sender had already given up.';
  return overtaken > 0 ? ` It has overtaken ${overtaken} that were sent earlier.` : '';
}
