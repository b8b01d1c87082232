import type { Socket } from './Socket';
import { SocketError } from './SocketError';

/** How many times it looks in the time that a connection may be silent. */
const LOOKS = 4;

/** What it needs of a `Socket`. */
export type Watched = Pick<Socket, 'bytesMoved' | 'abort' | 'peer'>;

/** What it has seen of a connection. */
interface Seen {
  readonly bytesMoved: number;
  /** At how many looks in a row nothing had moved since the one before. */
  readonly silent: number;
}

/**
 * Breaks connections on which nothing has moved, in either direction, for a while: at the latest a
 * quarter of that time after it. One timer for all of them: a timer of its own for each, set anew at
 * each read and write, made an echo cost 4 % more.
 *
 * What the kernel holds for a slow reader is not seen to move, so one that takes longer than
 * `timeout` over it counts as silent.
 */
export class IdleWatch {
  #seen = new Map<Watched, Seen>();
  readonly #timer: NodeJS.Timeout;

  /** @param timeout milliseconds that the `sockets` may be silent. */
  constructor(
    private readonly sockets: Iterable<Watched>,
    private readonly timeout: number,
  ) {
    // Not before the event loop has looked at the sockets: what has arrived counts.
    const look = () => setImmediate(this.#look.bind(this));
    this.#timer = setInterval(look, timeout / LOOKS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const before = this.#seen;
    this.#seen = new Map();
    for (const socket of this.sockets) {
      const { bytesMoved } = socket;
      const last = before.get(socket);
      const silent = last?.bytesMoved === bytesMoved ? last.silent + 1 : 0;
      if (silent < LOOKS) this.#seen.set(socket, { bytesMoved, silent });
      else socket.abort(this.#tooSilent(socket));
    }
  }

  #tooSilent({ peer }: Watched): SocketError {
    const reason = `no answer in time: nothing came or went for ${this.timeout / 1000} s`;
    return new SocketError('recv', 'ETIMEDOUT', peer, reason);
  }
}
