import { LISTEN, readTcpSockets, type SocketRow, TIME_WAIT } from './socketTable';

const TICKS_A_SECOND = 100;

/**
 * For how many seconds yet nothing but closed connections hold this port (RFC 9293 section 3.6.1,
 * TIME-WAIT): 0 when somebody listens on it, and where there is no `/proc` to ask.
 */
export function secondsInTimeWait(
  port: number,
  sockets: readonly SocketRow[] = readTcpSockets(),
): number {
  const ours = sockets.filter((socket) => socket.port === port);
  if (ours.some(({ state }) => state === LISTEN)) return 0;
  const left = ours
    .filter(({ state }) => state === TIME_WAIT)
    // The kernel may be late: no ticks are left then, and the port is still held.
    .map(({ ticks }) => Math.max(1, Math.ceil(ticks / TICKS_A_SECOND)));
  return Math.max(0, ...left);
}
