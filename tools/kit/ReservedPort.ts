import { randomInt } from 'node:crypto';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import { SocketError } from '../../src/socket/SocketError';
import { secondsInTimeWait } from '../../src/socket/timeWait';
import { codeOf } from '../../src/text/errno';
import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { KitError } from './KitError';

/** Ports that no system gives to other programs by itself, so that one stays free between two starts. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
/** From a port to the UDP port that is held for it; the program under test may want UDP, too. */
const LOCKS = 12_000;
const MOST_TRIES = 1000;

/**
 * A TCP port for the program under test, which no other kit takes meanwhile: between two stages nobody
 * listens on it. While this kit runs it holds a UDP port that belongs to the number, which the system gives
 * to one process only, and takes back however that ends.
 */
export class ReservedPort implements AsyncDisposable {
  private constructor(
    readonly port: number,
    private readonly held: DatagramSocket,
  ) {}

  /**
   * @param first the first port to choose from, and `last`, the one behind the last.
   * @throws KitError when none is free, and SocketError when this host is not ours.
   */
  static async on(host: string, first = FIRST_PORT, last = LAST_PORT): Promise<ReservedPort> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const port = randomInt(first, last);
      const held = new DatagramSocket();
      try {
        await held.bind({ host, port: port + LOCKS });
        if (secondsInTimeWait(port) > 0)
          throw new SocketError('bind', 'EADDRINUSE', { host, port });
        await mustListen(host, port);
        return new ReservedPort(port, held);
      } catch (error) {
        await held.close();
        if (codeOf(error) !== 'EADDRINUSE') throw error;
      }
    }
    throw new KitError(`no port from ${first} to ${last - 1} is free`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.held.close();
  }
}

/** @throws SocketError when a server has the port. */
async function mustListen(host: string, port: number): Promise<void> {
  await using welcoming = new ListeningSocket();
  welcoming.bind({ host, port });
  await welcoming.listen();
}
