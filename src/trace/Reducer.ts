import { Connection, type Stream } from './Connection';
import { Datagrams } from './Datagrams';
import type {
  Bytes,
  CallRecord,
  CrashRecord,
  KilledRecord,
  LoggedRecord,
  PassedRecord,
  Role,
  TraceRecord,
} from './record';
import {
  type Arrow,
  isSend,
  opposite,
  portOf,
  row,
  type Row,
  type Send,
  sendRow,
  unreceived,
} from './rows';

/** Calls that fail because this side has closed get no row. */
const CONSEQUENCES = new Set(['EBADF']);
const ENDS = new Set(['close', 'shutdown', 'reset']);
/** After these calls nothing travels on a connection. */
const BREAKS = new Set(['ECONNRESET', 'EPIPE']);

/** What we know about a process. */
interface Process {
  last: CallRecord;
  /** How often `connect` of a socket has failed. */
  readonly failed: Map<number, number>;
  /** Sockets that were closed without ever being connected. */
  readonly closed: Set<number>;
}

/**
 * Turns the records of one run, sorted by time, into rows. It uses neither Node nor the DOM, so the page can
 * use it, too.
 */
export class Reducer {
  #rows: Row[] = [];
  /** Calls that have begun but are not over. */
  readonly #open = new Map<string, CallRecord>();
  readonly #processes = new Map<number, Process>();
  readonly #connections = new Map<string, Connection>();
  /** How many connections have only half of their handshake: `connect` or `accept` is still missing. */
  #halves = 0;
  /** The server's next `accept`, until those handshakes are drawn; by its id, since it may return before. */
  readonly #heldBack = new Map<string, Row>();
  readonly #datagrams = new Datagrams((drawn) => this.#rows.push(drawn));

  /** @param sides which sides have records: both, or only one. */
  constructor(private readonly sides: Role | 'both') {}

  /** The rows that this record completes. */
  add(record: TraceRecord): Row[] {
    if (record.type === 'call') this.#add(this.#datagrams.unmasked(record));
    if (record.type === 'killed') this.#isKilled(record);
    if (record.type === 'crashed') this.#hasCrashed(record);
    if (record.type === 'logged') this.#rows.push(written(record));
    if (record.type === 'passed') this.#rows.push(passed(record));
    if (record.type === 'relay' && this.sides === 'both') this.#datagrams.relayed(record);
    return this.#rows.splice(0);
  }

  /** The calls that have begun but are not over: what each side waits for now. */
  get waiting(): CallRecord[] {
    return [...this.#open.values()];
  }

  /** Rows for calls that are not over: a run that hangs is drawn as far as it came. */
  finish(): Row[] {
    const connections = [...this.#connections.values()];
    const streams = connections.flatMap(({ from }) => [from.client, from.server]);
    for (const { half } of connections) if (half) this.#rows.push(this.#shake(half));
    for (const send of streams.flatMap((stream) => stream.unreceived))
      this.#rows.push(unreceived(send, 'not received yet'));
    this.#datagrams.finish();
    for (const { end } of streams) if (end) this.#rows.push(row(end));
    this.#drawHeldBack();
    for (const record of this.#open.values()) {
      if (record.call === 'accept' || ENDS.has(record.call) || isSend(record)) continue;
      this.#rows.push(row(record, { state: 'waits' }));
    }
    return this.#rows.splice(0);
  }

  #add(record: CallRecord): void {
    const process = this.#processOf(record);
    process.last = record;
    this.#processes.set(record.pid, process);
    if (record.phase === 'call') {
      this.#open.set(record.id, record);
      this.#begins(record);
      return;
    }
    this.#open.delete(record.id);
    this.#heldBack.delete(record.id); // it has not visibly waited
    if (record.phase === 'throw') this.#fails(record);
    else this.#returns(record);
  }

  #begins(record: CallRecord): void {
    if (record.call === 'accept') {
      const waits = row(record, { state: 'waits' });
      if (this.#halves > 0) this.#heldBack.set(record.id, waits);
      else this.#rows.push(waits);
    }
    if (record.bytes && isSend(record)) this.#sendBegins(record, record.bytes);
    if (record.proto === 'udp' && record.call === 'close') {
      this.#datagrams.leaves(record.local);
      this.#datagrams.missed(record);
    } else if (saysEnd(record)) this.#endBegins(record);
  }

  #sendBegins(record: CallRecord, bytes: Bytes): void {
    const send: Send = { record, bytes, drawn: 0 };
    const to = opposite(record.role);
    if (bytes.n === 0 && record.proto === 'tcp')
      this.#rows.push(sendRow(send)); // nothing travels
    else if (this.sides !== 'both') this.#rows.push(sendRow(send, { to, kind: 'bytes', bytes }));
    else if (record.call === 'sendto') this.#datagrams.sent(send);
    else if (this.#connectionOf(record).killed === to)
      this.#rows.push(unreceived(send, 'not received'));
    else this.#sentBy(record).push(send);
  }

  /** This side sends end of file: the peer's recv() will return no bytes. */
  #endBegins(record: CallRecord): void {
    const { isBroken, killed } = this.#connectionOf(record);
    const stream = this.#sentBy(record);
    if (stream.hasEnded) return; // it is sent once
    stream.hasEnded = true;
    const to = opposite(record.role);
    if (isBroken) this.#rows.push(row(record));
    else if (this.sides !== 'both') this.#rows.push(row(record, {}, { to, kind: 'eof' }));
    else if (this.#sentTo(record).hasEnded || killed === to) this.#rows.push(row(record));
    else stream.end = record;
  }

  #returns(record: CallRecord): void {
    const { call } = record;
    if (call === 'recv') this.#received(record);
    else if (call === 'recvfrom') this.#datagrams.received(record);
    else if (call === 'accept' || (call === 'connect' && record.proto === 'tcp'))
      this.#shakes(record);
    else if (ENDS.has(call)) this.#isClosed(record);
    else if (call === 'send') this.#isSent(record);
    else if (!isSend(record)) this.#rows.push(row(record));
  }

  /** The kernels do the handshake; connect() may return before accept() does, or after. */
  #shakes(record: CallRecord): void {
    const connection = this.#connectionThatBegins(record);
    const { half } = connection;
    if (this.sides !== 'both') {
      connection.isShaken = true;
      this.#rows.push(this.#shake(record));
    } else if (!half) {
      connection.half = record;
      this.#halves += 1;
    } else {
      connection.half = undefined;
      connection.isShaken = true;
      this.#halves -= 1;
      this.#rows.push({ ...this.#shake(record), ...this.#shake(half) });
      if (this.#halves === 0) this.#drawHeldBack();
    }
  }

  #drawHeldBack(): void {
    this.#rows.push(...this.#heldBack.values());
    this.#heldBack.clear();
  }

  #shake(record: CallRecord): Row {
    const arrow: Arrow = { to: 'server', kind: 'handshake' };
    if (record.call === 'accept') return row(record, { accepted: portOf(record.peer) }, arrow);
    const failed = this.#processOf(record).failed.get(record.sock);
    return row(record, failed === undefined ? {} : { attempt: failed + 1 }, arrow);
  }

  #received(record: CallRecord): void {
    const { bytes } = record;
    if (!bytes || bytes.n === 0) {
      this.#rows.push({
        ...this.#endOf(record),
        ...row(record, { bytes: 0 }, { to: record.role, kind: 'eof' }),
      });
      return;
    }
    const stream = this.#sentTo(record);
    const end = bytes.off + bytes.n;
    const parts = stream.sendsBefore(end);
    for (const part of parts.slice(0, -1)) {
      if (part.drawn === 0) this.#rows.push(sendRow(part));
      part.drawn = part.bytes.n;
    }
    const last = parts.at(-1);
    const arrow: Arrow = { to: record.role, kind: 'bytes', bytes, ...partOf(parts, bytes) };
    const sender = last?.drawn === 0 ? sendRow(last) : {};
    this.#rows.push({ ...sender, ...row(record, { bytes: bytes.n }, arrow) });
    if (last) last.drawn = end - last.bytes.off;
    stream.forgetReceived();
  }

  /** `send` may take only the first of its bytes. */
  #isSent(record: CallRecord): void {
    const send = this.#sentBy(record).unreceived.find((each) => each.record.id === record.id);
    if (send && record.result !== undefined && record.result < send.bytes.n)
      send.bytes = { ...send.bytes, n: record.result };
  }

  /** Closing a socket that was never connected sends nothing. */
  #isClosed(record: CallRecord): void {
    if (saysEnd(record)) return;
    const { closed } = this.#processOf(record);
    if (!closed.has(record.sock)) this.#rows.push(row(record));
    closed.add(record.sock);
  }

  #fails(record: CallRecord): void {
    const error = record.error ?? { code: '', message: '' };
    const { code } = error;
    if (CONSEQUENCES.has(code)) return;
    if (record.call === 'connect' && this.#hasFailedBefore(record)) return;
    if (record.proto === 'udp') this.#datagrams.missed(record);
    const failed = { state: 'failed', error } as const;
    if (record.call === 'connect')
      this.#rows.push(row(record, failed, { to: opposite(record.role), kind: 'failed', code }));
    else if (BREAKS.has(code)) {
      this.#connectionOf(record).isBroken = true;
      const reset: Arrow = { to: record.role, kind: 'reset' };
      this.#rows.push({ ...this.#endOf(record), ...row(record, failed, reset) });
    } else this.#rows.push(row(record, failed));
  }

  /** Only its first failure has a row; the successful try shows its number. */
  #hasFailedBefore(record: CallRecord): boolean {
    const { failed } = this.#processOf(record);
    const times = (failed.get(record.sock) ?? 0) + 1;
    failed.set(record.sock, times);
    return times > 1;
  }

  /** The bytes on the way to it will not be received. */
  #isKilled({ pid, signal, t }: KilledRecord): void {
    const { last } = this.#processes.get(pid) ?? {};
    if (!last) return;
    this.#processes.delete(pid);
    for (const [id, record] of this.#open) if (record.pid === pid) this.#open.delete(id);
    const error = { code: signal, message: '' };
    this.#rows.push(row({ ...last, t }, { state: 'killed', error }));
    if (last.local === undefined) return;
    this.#datagrams.leaves(last.local);
    this.#connectionOf(last).killed = last.role;
    const stream = this.#sentTo(last);
    for (const send of stream.unreceived) this.#rows.push(unreceived(send, 'not received'));
    stream.clear();
    this.#rows.push(...(stream.end ? [row(stream.end)] : []));
    stream.end = undefined;
  }

  /** A program that has made no call yet is not in the picture. */
  #hasCrashed({ pid, at, error, t }: CrashRecord): void {
    const { last } = this.#processes.get(pid) ?? {};
    if (!last) return;
    this.#rows.push(row({ ...last, t }, { state: 'crashed', error, at, lab: undefined }));
  }

  /** The call of the other side that caused this end of file or reset, if known. */
  #endOf(record: CallRecord): Row {
    const stream = this.#sentTo(record);
    const { end } = stream;
    stream.end = undefined;
    return end ? row(end) : {};
  }

  #sentBy(record: CallRecord): Stream {
    return this.#connectionOf(record).from[record.role];
  }

  #sentTo(record: CallRecord): Stream {
    return this.#connectionOf(record).from[opposite(record.role)];
  }

  #connectionOf(record: CallRecord): Connection {
    const name = addressesOf(record);
    const connection = this.#connections.get(name) ?? new Connection();
    this.#connections.set(name, connection);
    return connection;
  }

  /** A connection may reuse the two addresses of an earlier one. */
  #connectionThatBegins(record: CallRecord): Connection {
    const before = this.#connectionOf(record);
    if (!before.isShaken) return before;
    for (const stream of [before.from.client, before.from.server]) {
      for (const send of stream.unreceived) this.#rows.push(unreceived(send, 'not received'));
      if (stream.end) this.#rows.push(row(stream.end));
    }
    this.#connections.delete(addressesOf(record));
    return this.#connectionOf(record);
  }

  #processOf(record: CallRecord): Process {
    const known = this.#processes.get(record.pid);
    return known ?? { last: record, failed: new Map(), closed: new Set() };
  }
}

/** A row at the server: its answer comes after it. */
function written({ t, pid, file, line, client, at, lab }: LoggedRecord): Row {
  const who = portOf(client);
  const mark = { call: 'log', state: 'done', pid, sock: 0, t, d: 0, at, lab } as const;
  return { server: { ...mark, logged: { file, line } }, ...(who !== undefined && { who }) };
}

/** A row without a call: bytes that a relay has seen. */
function passed({ t, client, to, what, bytes, code = '' }: PassedRecord): Row {
  const who = portOf(client);
  const at = { t, ...(who !== undefined && { who }) };
  if (what === 'failed') return { ...at, arrow: { to, kind: what, code } };
  if (what !== 'bytes') return { ...at, arrow: { to, kind: what } };
  return bytes ? { ...at, arrow: { to, kind: what, bytes } } : at;
}

/** The rows of all these records. */
export function rowsOf(records: readonly TraceRecord[]): Row[] {
  const roles = new Set(records.flatMap((record) => (record.type === 'call' ? [record.role] : [])));
  const [only] = roles;
  const reducer = new Reducer(roles.size === 1 && only ? only : 'both');
  return [...records.flatMap((record) => reducer.add(record)), ...reducer.finish()];
}

/** Which part of the stream this is, if one send came in pieces, or several came in one. */
function partOf(
  sends: readonly Send[],
  { off, n }: Bytes,
): { part?: 'first' | 'next' | { sends: number } } {
  const [first] = sends;
  if (!first) return {};
  if (sends.length > 1) return { part: { sends: sends.length } };
  if (off > first.bytes.off) return { part: 'next' };
  return n < first.bytes.n ? { part: 'first' } : {};
}

/** Whether the peer will see it: not while another process still has the socket. */
function saysEnd({ call, peer, args = [] }: CallRecord): boolean {
  return ENDS.has(call) && peer !== undefined && args[0] !== 'shared' && args[0] !== 'SHUT_RD';
}

/** The identity of a connection: the client's address and the server's. */
function addressesOf({ role, local, peer }: CallRecord): string {
  return role === 'client' ? `${local} > ${peer}` : `${peer} > ${local}`;
}
