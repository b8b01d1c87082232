import type { Bytes, CallRecord, RelayRecord, Role, SourceLine } from './record';

/** A call on a life line, and the line of code that makes it. */
export interface Mark {
  readonly call: string;
  /** `done` is also a send that has only begun: its bytes are already on their way. */
  readonly state: 'done' | 'waits' | 'failed' | 'killed' | 'crashed';
  /** The socket: its process, and its number there. */
  readonly pid: number;
  readonly sock: number;
  /** ms since the run began, and how long the call had waited then. */
  readonly t: number;
  readonly d: number;
  readonly at: SourceLine | undefined;
  readonly lab: SourceLine | undefined;
  /** The address that `bind` or `connect` gets. */
  readonly address?: string | undefined;
  /** How many bytes a send gets, or a receive returns. */
  readonly bytes?: number;
  /** Whether these bytes are the rest of a send that an earlier row shows. */
  readonly isRest?: true;
  /** The port of the client that `accept` returned. */
  readonly accepted?: number | undefined;
  /** The socket that `accept` returned, or that a server closes. */
  readonly named?: number | undefined;
  /** Which try this is, of a `connect` that has failed before. */
  readonly attempt?: number;
  /** The file that a server has written, and the line in it. */
  readonly logged?: { readonly file: string; readonly line: string };
  /** Why it failed or crashed; of a program that was killed, the signal. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** What travels from one life line to the other. */
export type Arrow = { readonly to: Role } & (
  | { readonly kind: 'handshake' | 'eof' | 'reset' }
  /** A `connect` that failed. */
  | { readonly kind: 'failed'; readonly code: string }
  | Carried
  | Missing
  /** At the relay, whose decision is still open; its row has the call that sent it. */
  | { readonly kind: 'in relay'; readonly bytes: Bytes; readonly relayed: Relayed }
);

/** Bytes that are received. */
export interface Carried {
  readonly kind: 'bytes';
  readonly bytes: Bytes;
  /** How sends and receives differ: several sends in one receive, or one send in several receives. */
  readonly part?: 'first' | 'next' | { readonly sends: number };
  /** How many earlier datagrams this one has overtaken. */
  readonly overtaken?: number;
  /** It came before (`doubled`), or its sender had already given up (`late`). */
  readonly remark?: 'doubled' | 'late';
  readonly relayed?: Relayed;
}

/** Bytes that are not received. */
export interface Missing {
  readonly kind: 'missing';
  readonly bytes: Bytes;
  readonly why: 'lost' | 'lost in relay' | 'too late' | 'not received' | 'not received yet';
  readonly relayed?: Relayed;
}

/** A datagram, as the relay counts them. */
export type Relayed = Pick<RelayRecord, 'direction' | 'number'>;

/** One row of the diagram. Rows are only added, never changed. */
export interface Row {
  readonly client?: Mark;
  readonly server?: Mark;
  readonly arrow?: Arrow;
  /** The client it is about, by its port. */
  readonly who?: number;
  /** ms since the run began, where no call is in the row. */
  readonly t?: number;
}

/** What was sent, and how much of it is drawn. */
export interface Send {
  readonly record: CallRecord;
  bytes: Bytes;
  /** How many of its bytes are drawn. */
  drawn: number;
}

/** The differences from a call that is simply done. */
type Special = Partial<
  Pick<Mark, 'state' | 'bytes' | 'isRest' | 'accepted' | 'attempt' | 'error' | 'at' | 'lab'>
>;

/** A row with one call. */
export function row(record: CallRecord, special: Special = {}, arrow?: Arrow): Row {
  const { call, pid, sock, at, lab, t, d = 0, args } = record;
  const address = call === 'bind' || call === 'connect' ? String(args?.[0]) : undefined;
  const named = namedBy(record);
  const mark: Mark = { call, state: 'done', pid, sock, t, d, at, lab, address, named, ...special };
  const who = portOf(record.role === 'client' ? record.local : record.peer);
  return { [record.role]: mark, ...(arrow && { arrow }), ...(who !== undefined && { who }) };
}

function namedBy({ role, call, phase, sock, result }: CallRecord): number | undefined {
  if (call === 'accept') return phase === 'return' ? result : undefined;
  return call === 'close' && role === 'server' ? sock : undefined;
}

/** A row with a call that sends. */
export function sendRow({ record, bytes }: Send, arrow?: Arrow): Row {
  return row(record, { bytes: bytes.n }, arrow);
}

/** A send that is not received. */
export function unreceived(send: Send, why: Missing['why']): Row {
  const { record, bytes, drawn } = send;
  const arrow: Arrow = { to: opposite(record.role), kind: 'missing', bytes, why };
  return drawn === 0
    ? sendRow(send, arrow)
    : row(record, { bytes: bytes.n - drawn, isRest: true }, arrow);
}

export function opposite(role: Role): Role {
  return role === 'client' ? 'server' : 'client';
}

/** The port in an address; undefined where there is none. */
export function portOf(address: string | undefined): number | undefined {
  const port = /:(\d+)$/.exec(address ?? '')?.[1];
  return port === undefined ? undefined : Number(port);
}

export function isSend({ call }: CallRecord): boolean {
  return call === 'sendall' || call === 'send' || call === 'sendto';
}

/** The datagram that this arrow is about, where a relay has seen it. */
export function relayedBy(arrow: Arrow | undefined): Relayed | undefined {
  return arrow && 'relayed' in arrow ? arrow.relayed : undefined;
}

/** The bytes that travel, or do not. */
export function bytesOn(arrow: Arrow | undefined): Bytes | undefined {
  return arrow && 'bytes' in arrow ? arrow.bytes : undefined;
}
