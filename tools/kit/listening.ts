import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { formatAddress } from '../../src/socket/Address';

/** The state LISTEN in /proc/net/tcp. */
const LISTEN = '0A';

/** Where these processes listen, as Linux tells it; nothing on other systems. */
export function listeningOn(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readLines(file)
      .slice(1)
      .map((line) => line.trim().split(/\s+/)),
  );
  return rows
    .filter(([, , , state, , , , , , inode = '']) => state === LISTEN && inodes.has(inode))
    .map(([, local = '']) => readAddress(local));
}

function socketsOf(pid: number): string[] {
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return ''; // closed meanwhile
      }
    });
    return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  } catch {
    return [];
  }
}

/** `0100007F:FF98`: the address in the machine's byte order, in words of 32 bits, and the port. */
function readAddress(text: string): string {
  const [hex = '', port = ''] = text.split(':');
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    [...Buffer.from(word, 'hex')].reverse(),
  );
  const host =
    bytes.length === 4
      ? bytes.join('.')
      : (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':');
  return formatAddress({ host: shorten(host), port: Number.parseInt(port, 16) });
}

function shorten(host: string): string {
  if (/^(0000:){7}0000$/.test(host)) return '::';
  if (/^(0000:){7}0001$/.test(host)) return '::1';
  return host;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}
