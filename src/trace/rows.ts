import { escapeControls } from '../text/escape';
import type { Bytes, CallRecord, Place, RelayRecord, Role } from './record';

/** A call on a life line, and the line of code that makes it. */
export interface Mark {
  readonly text: string;
  readonly call: string;
  /** The socket, among all of the run. */
  readonly sock: string;
  /** ms since the run began, and how long the call had waited then. */
  readonly t: number;
  readonly d: number;
  readonly at: Place | undefined;
  readonly lab: Place | undefined;
}

/** What travels from one life line to the other. */
export interface Arrow {
  readonly to: Role;
  readonly text: string;
  /** `waits` and `lost`: it has come as far as the relay. */
  readonly end: 'arrives' | 'fails' | 'waits' | 'lost';
  readonly bytes?: Bytes;
  /** Which datagram it is, where a relay has seen it; the row with `waits` has the call that sent it. */
  readonly relayed?: Relayed;
}

/** A datagram, as the relay counts them. */
export type Relayed = Pick<RelayRecord, 'direction' | 'number'>;

/** Tells it from all others. */
export function keyOf({ direction, number }: Relayed): string {
  return `${direction} ${number}`;
}

/** One row of the diagram, once and for all: rows are only ever added. */
export interface Row {
  readonly client?: Mark;
  readonly server?: Mark;
  readonly arrow?: Arrow;
  /** The side that waits here, and for what it has called. */
  readonly waits?: Role;
  /** The client it is about, by its port: `:33822`. */
  readonly who?: string;
  /** Why it failed, in words. */
  readonly why?: string;
  /** ms since the run began, where no call is in the row. */
  readonly t?: number;
}

/** What was sent, and how much of it is drawn. */
export interface Send {
  readonly record: CallRecord;
  readonly bytes: Bytes;
  /** How many of its bytes are drawn. */
  drawn: number;
}

export function row(record: CallRecord, text: string, arrow?: Arrow): Row {
  const { call, at, lab, t, d = 0 } = record;
  const mark: Mark = { text, call, sock: socketOf(record), t, d, at, lab };
  const who = portOf(record.role === 'client' ? record.local : record.peer);
  return { [record.role]: mark, ...(arrow && { arrow }), ...(who && { who }) };
}

export function nameOf({ call, args = [] }: CallRecord): string {
  const shown = call === 'bind' || call === 'connect' ? String(args[0]) : '';
  return `${call}(${shown})`;
}

export function sendText({ call, bytes }: CallRecord): string {
  return `${call}(${bytes?.n ?? 0} B)`;
}

/** What travels, as text in quotes; nothing in it can steer a terminal. */
export function textOf({ b64, truncated }: Bytes): string {
  const bytes = Uint8Array.from(atob(b64), (character) => character.charCodeAt(0));
  const text = escapeControls(JSON.stringify(new TextDecoder().decode(bytes)));
  return truncated ? `${text.slice(0, -1)}..."` : text;
}

export function arrowFrom(record: CallRecord, text: string, bytes?: Bytes): Arrow {
  return { to: opposite(record.role), text, end: 'arrives', ...(bytes && { bytes }) };
}

export function arrowTo(record: CallRecord, text: string, bytes?: Bytes): Arrow {
  return { to: record.role, text, end: 'arrives', ...(bytes && { bytes }) };
}

/** The socket, among all of the run. */
export function socketOf({ pid, sock }: CallRecord): string {
  return `${pid}.${sock}`;
}

export function opposite(role: Role): Role {
  return role === 'client' ? 'server' : 'client';
}

export function portOf(address: string | undefined): string | undefined {
  return address?.replace(/^.*(?=:\d+$)/, '');
}

export function isSend({ call }: CallRecord): boolean {
  return call === 'sendall' || call === 'sendto';
}

/** What was sent, and does not arrive. */
export function unreceived({ record, bytes, drawn }: Send, fate: string): Row {
  const text = `${fate}: ${textOf(bytes)}`;
  const mark = drawn === 0 ? sendText(record) : `${bytes.n - drawn} B of it`;
  return row(record, mark, { to: opposite(record.role), text, end: 'fails', bytes });
}
