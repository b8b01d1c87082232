import { secondsInTimeWait } from '../../src/socket/timeWait';
import type { Deadline } from './Deadline';
import { KitError } from './KitError';

/**
 * Waits until no closed connection holds the port any more (TIME_WAIT): a program that does not set
 * SO_REUSEADDR could not bind it, and would be blamed for what another has left behind.
 * @param tell gets the number of seconds that this takes.
 * @throws KitError when it takes longer than this run may.
 */
export async function untilFree(
  port: number,
  deadline: Deadline,
  tell: (seconds: number) => void,
): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    const seconds = secondsInTimeWait(port);
    if (seconds === 0) return;
    if (seconds * 1000 > deadline.left) {
      throw new KitError(
        `port ${port} is held by a connection that is closed (TIME_WAIT) for ${seconds} s more, which is longer than this run may take: wait, or have the kit choose a port with {port}`,
      );
    }
    if (!isTold) tell(seconds);
    await deadline.pause(seconds * 1000);
  }
}
