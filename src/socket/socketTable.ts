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

/** The sockets of one protocol; none where there is no `/proc`. */
export function readSockets(protocol: 'tcp' | 'tcp6' | 'udp' | 'udp6'): SocketRow[] {
  try {
    return socketsIn(readFileSync(`/proc/net/${protocol}`, 'utf8'));
  } catch {
    return [];
  }
}

/** The TCP sockets of both families. */
export function readTcpSockets(): SocketRow[] {
  return [...readSockets('tcp'), ...readSockets('tcp6')];
}

/** The rows of such a list, without its heading. */
export function socketsIn(list: string): SocketRow[] {
  const [, ...lines] = list.trimEnd().split('\n');
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
