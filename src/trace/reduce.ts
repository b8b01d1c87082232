import { Datagrams } from './datagrams';
import type { Bytes, CallRecord, KilledRecord, Role, TraceRecord } from './record';
import {
  type Arrow,
  arrowFrom,
  arrowTo,
  isSend,
  nameOf,
  opposite,
  portOf,
  type Row,
  row,
  type Send,
  sendText,
  socketOf,
  textOf,
  unreceived,
} from './rows';

/** Calls that fail because this side has closed are not worth a row. */
const CONSEQUENCES = new Set(['EBADF']);
const ENDS = new Set(['close', 'shutdown', 'reset']);
/** After these nothing travels on a connection any more. */
const BREAKS = new Set(['ECONNRESET', 'EPIPE']);

/** Turns the records of one run, in the order of their time, into rows. No Node in it, and no DOM. */
export class Reducer {
  #rows: Row[] = [];
  readonly #open = new Map<string, CallRecord>();
  readonly #sends = new Map<string, Send[]>();
  readonly #accepted = new Map<string, CallRecord>();
  readonly #connected = new Map<string, CallRecord>();
  readonly #heldBack: Row[] = [];
  readonly #ends = new Map<string, CallRecord>();
  readonly #closed = new Set<string>();
  readonly #tries = new Map<string, number>();
  readonly #broken = new Set<string>();
  /** Addresses at which nobody receives any more. */
  readonly #gone = new Set<string>();
  readonly #datagrams = new Datagrams((row) => this.#rows.push(row));
  /** The last call of each process. */
  readonly #last = new Map<number, CallRecord>();

  /** @param sides whose records there are: of both, or of one only. */
  constructor(private readonly sides: Role | 'both') {}

  /** The rows that this record completes. */
  add(record: TraceRecord): Row[] {
    if (record.type === 'call') this.#add(this.#datagrams.unmasked(record));
    if (record.type === 'killed') this.#isKilled(record);
    if (record.type === 'relay' && this.sides === 'both') this.#datagrams.relayed(record);
    return this.#rows.splice(0);
  }

  /** The calls that have begun and are not over: what each side waits for now. */
  get waiting(): CallRecord[] {
    return [...this.#open.values()];
  }

  /** What has not come to an end: a run that hangs is drawn as far as it came. */
  finish(): Row[] {
    for (const record of [...this.#connected.values(), ...this.#accepted.values()])
      this.#rows.push(this.#shake(record, undefined));
    for (const send of [...this.#sends.values()].flat())
      this.#rows.push(unreceived(send, 'not received yet'));
    this.#datagrams.finish();
    for (const record of this.#ends.values()) this.#alone(record);
    this.#rows.push(...this.#heldBack.splice(0));
    for (const record of this.#open.values()) {
      if (record.call === 'accept' || ENDS.has(record.call) || isSend(record)) continue;
      this.#rows.push({ ...row(record, `${nameOf(record)} waits`), waits: record.role });
    }
    return this.#rows.splice(0);
  }

  #add(record: CallRecord): void {
    this.#last.set(record.pid, record);
    if (record.phase === 'call') {
      this.#open.set(record.id, record);
      this.#begins(record);
      return;
    }
    this.#open.delete(record.id);
    if (record.phase === 'throw') this.#fails(record);
    else this.#returns(record);
  }

  #begins(record: CallRecord): void {
    if (record.call === 'accept') {
      const waits: Row = { ...row(record, 'accept() waits'), waits: 'server' };
      if (this.#accepted.size > 0 || this.#connected.size > 0) this.#heldBack.push(waits);
      else this.#rows.push(waits);
    }
    if (record.bytes && isSend(record)) this.#sendBegins(record, record.bytes);
    if (record.proto === 'udp' && record.call === 'close') {
      this.#datagrams.leaves(record.local);
      this.#datagrams.missed(record);
    } else if (ENDS.has(record.call) && record.peer !== undefined) this.#endBegins(record);
  }

  /** Nothing of what is on its way to it will be received. */
  #isKilled({ pid, signal, t }: KilledRecord): void {
    const last = this.#last.get(pid);
    if (!last) return;
    this.#last.delete(pid);
    for (const [id, record] of this.#open) if (record.pid === pid) this.#open.delete(id);
    this.#rows.push({
      ...row({ ...last, t }, `✗ ${signal}`),
      why: `${last.program} was killed: its system closes its sockets`,
    });
    if (last.local === undefined) return;
    this.#gone.add(last.local);
    this.#datagrams.leaves(last.local);
    const key = reverse(last);
    for (const send of this.#of(key)) this.#rows.push(unreceived(send, 'not received'));
    this.#sends.delete(key);
    const ended = this.#ends.get(key);
    if (ended) this.#alone(ended);
    this.#ends.delete(key);
  }

  #sendBegins(record: CallRecord, bytes: Bytes): void {
    const send: Send = { record, bytes, drawn: 0 };
    if (this.sides !== 'both') {
      this.#rows.push(row(record, sendText(record), arrowFrom(record, textOf(bytes), bytes)));
      return;
    }
    if (record.call === 'sendto') this.#datagrams.sent(send);
    else if (this.#gone.has(record.peer ?? '')) this.#rows.push(unreceived(send, 'not received'));
    else this.#of(direction(record)).push(send);
  }

  /** This side says that it has said all: the peer's recv() will give nothing. */
  #endBegins(record: CallRecord): void {
    const key = direction(record);
    if (this.#closed.has(key)) return; // it is said once
    this.#closed.add(key);
    if (this.#broken.has(connection(record))) this.#alone(record);
    else if (this.sides !== 'both')
      this.#rows.push(row(record, nameOf(record), arrowFrom(record, 'end of file')));
    else if (this.#closed.has(reverse(record)) || this.#gone.has(record.peer ?? ''))
      this.#alone(record);
    else this.#ends.set(key, record);
  }

  #returns(record: CallRecord): void {
    const { call } = record;
    if (call === 'recv') this.#received(record);
    else if (call === 'recvfrom') this.#datagrams.received(record);
    else if (call === 'accept' || (call === 'connect' && record.proto === 'tcp'))
      this.#shakes(record);
    else if (ENDS.has(call)) this.#isClosed(record);
    else if (!isSend(record)) this.#rows.push(row(record, nameOf(record)));
  }

  /** A socket that never was connected is closed without a word to anybody. */
  #isClosed(record: CallRecord): void {
    if (record.peer !== undefined) return;
    const key = socketOf(record);
    if (!this.#closed.has(key)) this.#rows.push(row(record, nameOf(record)));
    this.#closed.add(key);
  }

  /** The kernels do the handshake; connect() may return before accept() does, or after. */
  #shakes(record: CallRecord): void {
    // The addresses of an earlier connection may come again.
    this.#closed.delete(direction(record));
    this.#gone.delete(record.local ?? '');
    this.#broken.delete(connection(record));
    if (this.sides !== 'both') {
      this.#rows.push(this.#shake(record, undefined));
      return;
    }
    const mine = record.role === 'client' ? this.#connected : this.#accepted;
    const theirs = record.role === 'client' ? this.#accepted : this.#connected;
    const key = connection(record);
    const other = theirs.get(key);
    if (!other) {
      mine.set(key, record);
      return;
    }
    theirs.delete(key);
    this.#rows.push(this.#shake(record, other));
    if (this.#accepted.size + this.#connected.size === 0)
      this.#rows.push(...this.#heldBack.splice(0));
  }

  #shake(record: CallRecord, other: CallRecord | undefined): Row {
    const arrow: Arrow = { to: 'server', text: '3-way handshake', end: 'arrives' };
    const tries = this.#tries.get(socketOf(record)) ?? 0;
    const own = row(record, shakeText(record, tries), arrow);
    return other ? { ...own, ...row(other, shakeText(other, tries), arrow) } : own;
  }

  #received(record: CallRecord): void {
    const { bytes } = record;
    if (!bytes || bytes.n === 0) {
      this.#endReceived(record);
      return;
    }
    const text = `recv() = ${bytes.n}`;
    const sends = this.#of(reverse(record));
    const end = bytes.off + bytes.n;
    const parts = sends.filter(({ bytes: sent }) => sent.off < end && sent.n > 0);
    for (const part of parts.slice(0, -1)) {
      if (part.drawn === 0) this.#rows.push(row(part.record, sendText(part.record)));
      part.drawn = part.bytes.n;
    }
    const last = parts.at(-1);
    const arrow = arrowTo(record, `${partOf(parts, bytes)}${textOf(bytes)}`, bytes);
    const sender = last?.drawn === 0 ? row(last.record, sendText(last.record)) : {};
    this.#rows.push({ ...sender, ...row(record, text), arrow });
    if (last) last.drawn = end - last.bytes.off;
    this.#sends.set(
      reverse(record),
      sends.filter(({ drawn, bytes: sent }) => drawn < sent.n),
    );
  }

  #endReceived(record: CallRecord): void {
    const arrow = arrowTo(record, 'end of file');
    this.#rows.push({ ...this.#endOf(record), ...row(record, 'recv() = 0', arrow) });
  }

  #fails(record: CallRecord): void {
    const { code = '' } = record.error ?? {};
    if (CONSEQUENCES.has(code)) return;
    if (record.call === 'connect') {
      const key = socketOf(record);
      const tries = (this.#tries.get(key) ?? 0) + 1;
      this.#tries.set(key, tries);
      if (tries > 1) return; // it says so when it gets through
    }
    if (record.proto === 'udp') this.#datagrams.missed(record);
    const why = record.error?.message ?? code;
    const to = opposite(record.role);
    if (record.call === 'connect')
      this.#rows.push({ ...row(record, nameOf(record), { to, text: code, end: 'fails' }), why });
    else if (BREAKS.has(code)) this.#isBroken(record, code, why);
    else this.#rows.push({ ...row(record, `${nameOf(record)} ✗ ${code}`), why });
  }

  /** The other side has broken the connection off. */
  #isBroken(record: CallRecord, code: string, why: string): void {
    this.#broken.add(connection(record));
    const failed = row(record, `${nameOf(record)} ✗ ${code}`, arrowTo(record, 'reset'));
    this.#rows.push({ ...this.#endOf(record), ...failed, why });
  }

  /** The call of the other side that has ended what this one receives, if it is known. */
  #endOf(record: CallRecord): Row {
    const ended = this.#ends.get(reverse(record));
    this.#ends.delete(reverse(record));
    return ended ? row(ended, nameOf(ended)) : {};
  }

  #alone(record: CallRecord): void {
    this.#rows.push(row(record, nameOf(record)));
  }

  #of(key: string): Send[] {
    const sends = this.#sends.get(key) ?? [];
    this.#sends.set(key, sends);
    return sends;
  }
}

/** Rows of all records there are. */
export function rowsOf(records: readonly TraceRecord[]): Row[] {
  const roles = new Set(records.flatMap((record) => (record.type === 'call' ? [record.role] : [])));
  const [only] = roles;
  const reducer = new Reducer(roles.size === 1 && only ? only : 'both');
  return [...records.flatMap((record) => reducer.add(record)), ...reducer.finish()];
}

function shakeText(record: CallRecord, tries: number): string {
  if (record.call === 'accept') return `accept() = ${portOf(record.peer)}`;
  return tries > 0 ? `${nameOf(record)}, try ${tries + 1}` : nameOf(record);
}

/** Which part of a stream this is, where one send came in pieces, or several came in one. */
function partOf(sends: readonly Send[], { off, n }: Bytes): string {
  const [first] = sends;
  if (!first) return '';
  if (sends.length > 1) return `${sends.length} sends in 1 recv: `;
  if (off > first.bytes.off) return `the next ${n} B: `;
  return n < first.bytes.n ? `the first ${n} B: ` : '';
}

/** The stream that this side sends into, and the one it receives from. */
function direction({ local, peer }: CallRecord): string {
  return `${local} > ${peer}`;
}

function reverse({ local, peer }: CallRecord): string {
  return `${peer} > ${local}`;
}

function connection({ role, local, peer }: CallRecord): string {
  return role === 'client' ? `${local} > ${peer}` : `${peer} > ${local}`;
}
