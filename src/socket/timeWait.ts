import { readFileSync } from 'node:fs';

const LISTEN = '0A';
const TIME_WAIT = '06';
/** In which the kernel counts the time that is left. */
const TICKS_A_SECOND = 100;
/** number, local address, peer, state, queues, a timer and the ticks that it has left */
const ROW = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ (\w\w) \S+ \w\w:([0-9A-F]{8})/gm;

/**
 * For how many seconds yet nothing but closed connections hold this port (RFC 9293 section 3.6.1,
 * TIME-WAIT): 0 when somebody listens on it, and where there is no `/proc` to ask.
 */
export function secondsInTimeWait(port: number): number {
  const rows = [...`${read('/proc/net/tcp')}\n${read('/proc/net/tcp6')}`.matchAll(ROW)]
    .map(([, local = '', state, ticks = '']) => ({ local: parseInt(local, 16), state, ticks }))
    .filter(({ local }) => local === port);
  if (rows.some(({ state }) => state === LISTEN)) return 0;
  const left = rows
    .filter(({ state }) => state === TIME_WAIT)
    // The kernel may be late: no ticks are left then, and the port is still held.
    .map(({ ticks }) => Math.max(1, Math.ceil(parseInt(ticks, 16) / TICKS_A_SECOND)));
  return Math.max(0, ...left);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
