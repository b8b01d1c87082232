import * as net from 'node:net';
import type { Address } from '../../src/socket/Address';
import { readTcpSockets, TIME_WAIT } from '../../src/socket/socketTable';
import { secondsInTimeWait } from '../../src/socket/timeWait';
import type { Deadline } from './Deadline';
import { KitError } from './KitError';
import { readAddress } from './sockets';

/** The answer to a connection on this machine is there in this time, in ms. */
const ANSWER_MS = 200;

/**
 * Waits until no closed connection holds the port any more (TIME_WAIT): a program that does not set
 * SO_REUSEADDR could not bind it, and would be blamed for what another has left behind.
 * @param tell gets the port, and the number of seconds that this takes.
 * @throws KitError when it takes longer than this run may.
 */
export async function untilFree(
  port: number,
  deadline: Deadline,
  tell: (port: number, seconds: number) => void,
): Promise<void> {
  let isTold = false;
  let seconds = await endTimeWait(port);
  for (; seconds > 0; seconds = secondsInTimeWait(port)) {
    if (seconds * 1000 > deadline.left) {
      throw new KitError(
        `port ${port} is held by a connection that is closed (TIME_WAIT) for ${seconds} s more, which is longer than this run may take: wait, or have the kit choose a port with {port}`,
      );
    }
    if (!isTold) tell(port, seconds);
    isTold = true;
    await deadline.pause(seconds * 1000);
  }
}

/**
 * Ends TIME_WAIT of the connections between two programs of this machine that hold this port, unless a program
 * listens on it. Linux only.
 * @returns for how many seconds the port is still held.
 */
export async function endTimeWait(port: number): Promise<number> {
  const sockets = readTcpSockets(port);
  if (secondsInTimeWait(port, sockets) === 0) return 0;
  const closed = sockets.filter(({ state }) => state === TIME_WAIT);
  await Promise.all(
    closed.map(({ local, peer }) => callAgain(readAddress(local), readAddress(peer))),
  );
  return secondsInTimeWait(port);
}

/**
 * Connects once more from the port that the connection had. The closed end answers with an ACK, this one does
 * not expect that and sends a reset, and the reset ends TIME_WAIT (RFC 1337 section 1).
 */
function callAgain({ host, port }: Address, client: Address): Promise<void> {
  return new Promise((resolve) => {
    const from = { localAddress: client.host, localPort: client.port };
    const again = net.connect({ host, port, ...from }).setTimeout(ANSWER_MS);
    again
      .on('timeout', () => again.destroy())
      .on('connect', () => again.resetAndDestroy()) // a program listens again
      .on('error', () => undefined) // refused, or somebody else has the client's port
      .on('close', () => {
        resolve();
      });
  });
}
