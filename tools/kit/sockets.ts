import { readdirSync } from 'node:fs';
import { type Address, formatAddress } from '../../src/socket/Address';
import { ESTABLISHED, LISTEN, readSockets, SYN_SENT } from '../../src/socket/socketTable';
import { linkIfThere } from '../lab/procfs';

/** States in /proc/net/tcp that tell what a program is. */
const STATES: Readonly<Record<string, 'listening' | 'connecting' | 'connected'>> = {
  [LISTEN]: 'listening',
  [SYN_SENT]: 'connecting',
  [ESTABLISHED]: 'connected',
};

/** A socket of a program. */
export interface OwnSocket {
  readonly protocol: 'tcp' | 'udp';
  readonly state: 'listening' | 'connecting' | 'connected' | 'other';
  /** `127.0.0.1:65432` */
  readonly local: string;
  readonly port: number;
  /** Who is at the other end; without a meaning for one that listens. */
  readonly peer: string;
}

/** The sockets that these processes have, as Linux tells it; none on other systems. */
export function socketsOf(pids: readonly number[]): OwnSocket[] {
  const inodes = new Set(pids.flatMap(inodesOf));
  return (['tcp', 'tcp6', 'udp', 'udp6'] as const).flatMap((list) =>
    readSockets(list)
      .filter(({ inode }) => inodes.has(inode))
      .map(({ local, peer, port, state }) => ({
        protocol: list.startsWith('tcp') ? 'tcp' : 'udp',
        state: STATES[state] ?? 'other',
        local: formatAddress(readAddress(local)),
        port,
        peer: formatAddress(readAddress(peer)),
      })),
  );
}

function inodesOf(pid: number): string[] {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkIfThere(`/proc/${pid}/fd/${fd}`));
    return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  } catch {
    return [];
  }
}

/** `0100007F:FF98`: the address in the machine's byte order, in words of 32 bits, and the port. */
export function readAddress(text: string): Address {
  const [hex = '', port = ''] = text.split(':');
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    [...Buffer.from(word, 'hex')].reverse(),
  );
  const host =
    bytes.length === 4
      ? bytes.join('.')
      : (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':');
  return { host: shorten(host), port: Number.parseInt(port, 16) };
}

function shorten(host: string): string {
  if (/^(0000:){7}0000$/.test(host)) return '::';
  if (/^(0000:){7}0001$/.test(host)) return '::1';
  const [, ipv4] = /^(?:0000:){5}ffff:(.{4}:.{4})$/.exec(host) ?? [];
  if (ipv4 !== undefined) return [...Buffer.from(ipv4.replace(':', ''), 'hex')].join('.');
  return host;
}
