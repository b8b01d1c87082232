import { LISTEN, readTcpSockets, type SocketRow, TIME_WAIT } from './socketTable';

const TICKS_A_SECOND = 100;

/**
 * How many seconds only closed connections will still hold this port (RFC 9293 section 3.6.1, TIME-WAIT). 0
 * when a program listens on it, and on systems without `/proc`.
 */
export function secondsInTimeWait(
  port: number,
  sockets: readonly SocketRow[] = readTcpSockets(port),
): number {
  const ours = sockets.filter((socket) => socket.port === port);
  if (ours.some(({ state }) => state === LISTEN)) return 0;
  const left = ours
    .filter(({ state }) => state === TIME_WAIT)
    // The kernel may be late: no ticks are left, but it still holds the port.
    .map(({ ticks }) => Math.max(1, Math.ceil(ticks / TICKS_A_SECOND)));
  return Math.max(0, ...left);
}
