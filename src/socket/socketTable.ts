import { readFileSync } from 'node:fs';

/** States of a connection, as the list writes them. */
export const ESTABLISHED = '01';
export const SYN_SENT = '02';
export const TIME_WAIT = '06';
export const LISTEN = '0A';

/** A socket of this machine, as Linux lists it in `/proc/net`. */
export interface SocketRow {
  /** Address and port as the list has them, in hexadecimal: `0100007F:FF98`. */
  readonly local: string;
  readonly peer: string;
  /** The local one. */
  readonly port: number;
  /** One of the states above, or a different one. */
  readonly state: string;
  /** How long its timer still runs, in hundredths of a second. */
  readonly ticks: number;
  readonly inode: string;
}

/** The protocols whose sockets Linux lists, by the names of their lists. */
export type Protocol = 'tcp' | 'tcp6' | 'udp' | 'udp6';

/** The sockets of one protocol, or only those of one local port; none where there is no `/proc`. */
export function readSockets(protocol: Protocol, port?: number): SocketRow[] {
  try {
    return socketsIn(readFileSync(`/proc/net/${protocol}`, 'utf8'), port);
  } catch {
    return [];
  }
}

/** The TCP sockets of both families, or only those of one local port. */
export function readTcpSockets(port?: number): SocketRow[] {
  return [...readSockets('tcp', port), ...readSockets('tcp6', port)];
}

/** The rows of such a list, without its heading, or only those of one local port. */
export function socketsIn(list: string, port?: number): SocketRow[] {
  const [, ...lines] = list.trimEnd().split('\n');
  if (port === undefined) return rowsOf(lines);
  // There may be thousands of rows: they are not all taken apart.
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return rowsOf(lines.filter((line) => line.includes(hex))).filter((row) => row.port === port);
}

function rowsOf(lines: readonly string[]): SocketRow[] {
  return lines.map((line) => {
    // number, local, peer, state, queues, timer and its ticks, retries, user, timeouts, inode
    const [, local = '', peer = '', state = '', , timer = '', , , , inode = ''] = line
      .trim()
      .split(/\s+/);
    return { local, peer, port: behindColon(local), state, ticks: behindColon(timer), inode };
  });
}

function behindColon(text: string): number {
  return Number.parseInt(text.split(':')[1] ?? '', 16);
}
