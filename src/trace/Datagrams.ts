import type { Bytes, CallRecord, RelayRecord } from './record';
import {
  type Arrow,
  type Carried,
  type Missing,
  portOf,
  row,
  type Row,
  type Send,
  sendRow,
  unreceived,
} from './rows';

type Direction = RelayRecord['direction'];

/** A datagram that the relay has seen. */
interface Passing {
  readonly record: RelayRecord;
  /** Whether it is received or lost; a doubled one comes again. */
  isOver: boolean;
}

/** Follows the datagrams of a run, with or without a relay between the two sides. */
export class Datagrams {
  /** In the order in which they were sent. */
  readonly #onTheWay = new Set<Send>();
  /** Given up as lost; one may still come. */
  readonly #missed: Send[] = [];
  /** The datagrams that the relay has, or has sent on, and that are not received: by number. */
  readonly #passings: Readonly<Record<Direction, Map<number, Passing>>> = {
    there: new Map(),
    back: new Map(),
  };
  /** Those that the relay has sent on, in that order; a doubled one is there twice. */
  readonly #sentOn = new Set<{ readonly passing: Passing }>();
  /** The client that the server knows by an address of the relay's. */
  readonly #clientBehind = new Map<string, string>();
  /** Addresses whose sockets are closed. */
  readonly #gone = new Set<string>();

  constructor(private readonly draw: (row: Row) => void) {}

  /** With the client's own address instead of the relay's. */
  unmasked(record: CallRecord): CallRecord {
    const client = record.role === 'server' && this.#clientBehind.get(record.peer ?? '');
    return client === undefined || client === false ? record : { ...record, peer: client };
  }

  /** A datagram leaves a socket. */
  sent(send: Send): void {
    this.#onTheWay.add(send);
    this.#gone.delete(send.record.local ?? '');
  }

  /** The relay reports the fate of a datagram. */
  relayed(record: RelayRecord): void {
    const { direction, number, fate, client, via } = record;
    this.#clientBehind.set(via, client);
    const known = this.#passings[direction].get(number);
    const passing = known ?? { record, isOver: false };
    this.#passings[direction].set(number, passing);
    if (!known) this.#inRelay(record);
    if (fate === 'lost') this.#isOver(passing, 'lost in relay', record.t);
    if (fate === 'waits' || fate === 'held' || fate === 'lost') return;
    if (direction === 'back' && this.#gone.has(client)) {
      this.#isOver(passing, 'too late', record.t);
      return;
    }
    this.#sentOn.add({ passing });
    if (fate === 'doubled') this.#sentOn.add({ passing });
  }

  /** A datagram comes to a socket. */
  received(record: CallRecord): void {
    const { bytes } = record;
    if (!bytes) return;
    const passing = this.#takePassing(record, bytes);
    if (passing) this.#comesThrough(passing, record);
    else this.#comesDirectly(record, bytes);
  }

  /** A client gives up waiting for an answer: datagrams that it sent and that were not received are lost. */
  missed({ pid, sock }: CallRecord): void {
    for (const send of this.#onTheWay) {
      if (send.record.pid !== pid || send.record.sock !== sock) continue;
      this.#onTheWay.delete(send);
      this.#missed.push(send);
      this.draw(unreceived(send, 'lost'));
    }
  }

  /** The socket with this address is closed. */
  leaves(address: string | undefined): void {
    if (address !== undefined) this.#gone.add(address);
  }

  finish(): void {
    for (const send of this.#onTheWay) this.draw(unreceived(send, 'not received yet'));
    for (const { passing } of this.#sentOn)
      this.#isOver(passing, 'not received yet', passing.record.t);
  }

  #inRelay(record: RelayRecord): void {
    const { bytes } = record;
    const send = this.#takeSend(record);
    const arrow: Arrow = { to: toOf(record), kind: 'in relay', bytes, relayed: relayedOf(record) };
    this.draw({ ...(send ? sendRow(send) : {}), ...betweenOf(record), arrow });
  }

  /** The call that has sent what the relay has received. */
  #takeSend({ direction, client, bytes }: RelayRecord): Send | undefined {
    const role = direction === 'there' ? 'client' : 'server';
    for (const send of this.#onTheWay) {
      const { record } = send;
      const from = direction === 'there' ? record.local : record.peer;
      if (record.role !== role || from !== client || !isSame(send.bytes, bytes)) continue;
      this.#onTheWay.delete(send);
      return send;
    }
    return undefined;
  }

  #isOver(passing: Passing, why: Missing['why'], t: number): void {
    this.#forget(passing);
    const { record } = passing;
    const { bytes } = record;
    const relayed = relayedOf(record);
    const arrow: Arrow = { to: toOf(record), kind: 'missing', bytes, why, relayed };
    this.draw({ ...betweenOf(record), t, arrow });
  }

  /** What the relay has sent on to this socket first. */
  #takePassing({ role, local, peer }: CallRecord, bytes: Bytes): Passing | undefined {
    const direction = role === 'server' ? 'there' : 'back';
    const client = role === 'server' ? peer : local;
    for (const sentOn of this.#sentOn) {
      const { record } = sentOn.passing;
      if (record.direction !== direction || record.client !== client) continue;
      if (!isSame(record.bytes, bytes)) continue;
      this.#sentOn.delete(sentOn);
      return sentOn.passing;
    }
    return undefined;
  }

  #comesThrough(passing: Passing, record: CallRecord): void {
    const { bytes } = passing.record;
    const special: Partial<Carried> = passing.isOver
      ? { remark: 'doubled' }
      : { overtaken: this.#overtakenBy(passing) };
    this.#forget(passing);
    const relayed = relayedOf(passing.record);
    const arrow: Arrow = { to: toOf(passing.record), kind: 'bytes', bytes, relayed, ...special };
    this.draw(row(record, { bytes: bytes.n }, arrow));
  }

  /** How many datagrams came to the relay before this one and are neither received nor lost. */
  #overtakenBy({ record }: Passing): number {
    let count = 0;
    for (const number of this.#passings[record.direction].keys()) {
      if (number === record.number) break;
      if (number < record.number) count += 1;
    }
    return count;
  }

  #forget(passing: Passing): void {
    passing.isOver = true;
    this.#passings[passing.record.direction].delete(passing.record.number);
  }

  #comesDirectly(record: CallRecord, bytes: Bytes): void {
    const isIt = (send: Send) => send.record.peer === record.local && isSame(send.bytes, bytes);
    const { sent, overtaken } = this.#takeFirst(isIt);
    const isLate = !sent && this.#missed.some(isIt);
    const special: Partial<Carried> = isLate ? { remark: 'late' } : { overtaken };
    const arrow: Arrow = { to: record.role, kind: 'bytes', bytes, ...special };
    this.draw({ ...(sent ? sendRow(sent) : {}), ...row(record, { bytes: bytes.n }, arrow) });
  }

  /** The first datagram for which this is true, and how many of its socket were sent before it. */
  #takeFirst(isIt: (send: Send) => boolean): { sent?: Send; overtaken: number } {
    const older: Send[] = [];
    for (const sent of this.#onTheWay) {
      if (!isIt(sent)) {
        older.push(sent);
        continue;
      }
      this.#onTheWay.delete(sent);
      const { pid, sock } = sent.record;
      const isSocket = ({ record }: Send) => record.pid === pid && record.sock === sock;
      return { sent, overtaken: older.filter(isSocket).length };
    }
    return { overtaken: 0 };
  }
}

function toOf({ direction }: RelayRecord): 'client' | 'server' {
  return direction === 'there' ? 'server' : 'client';
}

function relayedOf({ direction, number }: RelayRecord): Pick<RelayRecord, 'direction' | 'number'> {
  return { direction, number };
}

/** A row without a call. */
function betweenOf({ client, t }: RelayRecord): Row {
  const who = portOf(client);
  return { t, ...(who !== undefined && { who }) };
}

function isSame(one: Bytes, other: Bytes): boolean {
  return one.n === other.n && one.b64 === other.b64;
}
