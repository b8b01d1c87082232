import type { Bytes, CallRecord, RelayRecord } from './record';
import {
  type Arrow,
  arrowTo,
  keyOf,
  portOf,
  type Row,
  row,
  type Send,
  sendText,
  socketOf,
  textOf,
  unreceived,
} from './rows';

/** A datagram that the relay has seen. */
interface Passing {
  readonly record: RelayRecord;
  /** Whether it is received or lost; one that is doubled comes once more. */
  isOver: boolean;
}

/** What becomes of the datagrams of a run, with a relay between the two sides or without. */
export class Datagrams {
  #onTheWay: Send[] = [];
  /** Given up as lost; one may still come. */
  readonly #missed: Send[] = [];
  /** What the relay has, or has sent on, and nobody has received. */
  readonly #passings = new Map<string, Passing>();
  /** Those that the relay has sent on, in that order. */
  readonly #sentOn: Passing[] = [];
  /** The client that the server knows by an address of the relay's. */
  readonly #clientBehind = new Map<string, string>();
  /** Addresses at which nobody receives any more. */
  readonly #gone = new Set<string>();

  constructor(private readonly draw: (row: Row) => void) {}

  /** With the client's own address instead of the relay's. */
  unmasked(record: CallRecord): CallRecord {
    const client = record.role === 'server' && this.#clientBehind.get(record.peer ?? '');
    return client === undefined || client === false ? record : { ...record, peer: client };
  }

  /** A datagram leaves a socket. */
  sent(send: Send): void {
    this.#onTheWay.push(send);
    this.#gone.delete(send.record.local ?? '');
  }

  /** The relay says what it does with one. */
  relayed(record: RelayRecord): void {
    const { direction, fate, client, via } = record;
    this.#clientBehind.set(via, client);
    const known = this.#passings.get(keyOf(record));
    const passing = known ?? { record, isOver: false };
    this.#passings.set(keyOf(record), passing);
    if (!known) this.#inRelay(record);
    if (fate === 'lost') this.#isOver(passing, 'relay lost', record.t, 'lost');
    if (fate === 'waits' || fate === 'held' || fate === 'lost') return;
    if (direction === 'back' && this.#gone.has(client))
      this.#isOver(passing, 'too late:', record.t);
    else this.#sentOn.push(...(fate === 'doubled' ? [passing, passing] : [passing]));
  }

  /** A datagram comes to a socket. */
  received(record: CallRecord): void {
    const { bytes } = record;
    if (!bytes) return;
    const passing = this.#takePassing(record, bytes);
    if (passing) this.#comesThrough(passing, record);
    else this.#comesDirectly(record, bytes);
  }

  /** Whoever gives up waiting for an answer: what it has sent and nobody has received, is lost. */
  missed(ending: CallRecord): void {
    const isOurs = ({ record }: Send) => socketOf(record) === socketOf(ending);
    const missed = this.#onTheWay.filter(isOurs);
    this.#onTheWay = this.#onTheWay.filter((send) => !isOurs(send));
    this.#missed.push(...missed);
    for (const send of missed) this.draw(unreceived(send, 'lost'));
  }

  /** Nobody receives there any more. */
  leaves(address: string | undefined): void {
    if (address !== undefined) this.#gone.add(address);
  }

  finish(): void {
    for (const send of this.#onTheWay) this.draw(unreceived(send, 'not received yet'));
    for (const passing of this.#sentOn)
      this.#isOver(passing, 'not received yet:', passing.record.t);
  }

  #inRelay(record: RelayRecord): void {
    const send = this.#takeSend(record);
    const arrow = relayedArrow(record, `relay: ${textOf(record.bytes)}`, 'waits');
    const sender = send ? row(send.record, sendText(send.record)) : {};
    this.draw({ ...sender, ...betweenOf(record), arrow });
  }

  /** The call that has sent what the relay has received. */
  #takeSend({ direction, client, bytes }: RelayRecord): Send | undefined {
    const send = this.#onTheWay.find(
      ({ record, bytes: sent }) =>
        record.role === (direction === 'there' ? 'client' : 'server') &&
        client === (direction === 'there' ? record.local : record.peer) &&
        isSame(sent, bytes),
    );
    this.#onTheWay = this.#onTheWay.filter((each) => each !== send);
    return send;
  }

  #isOver(passing: Passing, fate: string, t: number, end: Arrow['end'] = 'fails'): void {
    this.#forget(passing);
    const { record } = passing;
    const arrow = relayedArrow(record, `${fate} ${textOf(record.bytes)}`, end);
    this.draw({ ...betweenOf(record), t, arrow });
  }

  /** What the relay has sent on to this socket first. */
  #takePassing({ role, local, peer }: CallRecord, bytes: Bytes): Passing | undefined {
    const index = this.#sentOn.findIndex(
      ({ record }) =>
        record.direction === (role === 'server' ? 'there' : 'back') &&
        record.client === (role === 'server' ? peer : local) &&
        isSame(record.bytes, bytes),
    );
    return index < 0 ? undefined : this.#sentOn.splice(index, 1)[0];
  }

  #comesThrough(passing: Passing, record: CallRecord): void {
    const { bytes, direction, number } = passing.record;
    const overtaken = [...this.#passings.values()].filter(
      ({ record: other }) => other.direction === direction && other.number < number,
    );
    const remark = passing.isOver ? ' (once more)' : overtakingOf(overtaken.length);
    this.#forget(passing);
    const arrow = relayedArrow(passing.record, `${textOf(bytes)}${remark}`, 'arrives');
    this.draw({ ...row(record, `recvfrom() = ${bytes.n}`), arrow });
  }

  #forget(passing: Passing): void {
    passing.isOver = true;
    this.#passings.delete(keyOf(passing.record));
  }

  #comesDirectly(record: CallRecord, bytes: Bytes): void {
    const isIt = (send: Send) => send.record.peer === record.local && isSame(send.bytes, bytes);
    const sent = this.#onTheWay.find(isIt);
    const older = this.#onTheWay.slice(0, sent ? this.#onTheWay.indexOf(sent) : 0);
    const overtaken = older.filter(
      ({ record: other }) => sent && socketOf(other) === socketOf(sent.record),
    );
    this.#onTheWay = this.#onTheWay.filter((each) => each !== sent);
    const isLate = !sent && this.#missed.some(isIt);
    const remark = isLate ? ' (late)' : overtakingOf(overtaken.length);
    this.draw({
      ...(sent ? row(sent.record, sendText(sent.record)) : {}),
      ...row(record, `recvfrom() = ${bytes.n}`),
      arrow: arrowTo(record, `${textOf(bytes)}${remark}`, bytes),
    });
  }
}

function relayedArrow(record: RelayRecord, text: string, end: Arrow['end']): Arrow {
  const { direction, number, bytes } = record;
  const to = direction === 'there' ? 'server' : 'client';
  return { to, text, end, bytes, relayed: { direction, number } };
}

/** A row without a call of its own. */
function betweenOf({ client, t }: RelayRecord): Row {
  const who = portOf(client);
  return { t, ...(who && { who }) };
}

function isSame(one: Bytes, other: Bytes): boolean {
  return one.n === other.n && one.b64 === other.b64;
}

function overtakingOf(count: number): string {
  return count > 0 ? ` (has overtaken ${count})` : '';
}
