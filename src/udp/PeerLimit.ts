import { type Address, formatAddress } from '../socket/Address';

/** How many answers one peer gets without a pause. */
const MOST_ANSWERS = 5000;
const PAUSE_MS = 10_000;
/** With more peers than this, the one that was silent longest is forgotten. */
const MOST_PEERS = 4096;

/**
 * Anyone can forge the sender of a datagram. If it names another server, the two servers answer each other
 * forever, unless one of them leaves a datagram unanswered. So each peer gets a limited number of answers
 * until it pauses. Two servers that answer each other never pause; a client does.
 */
export class PeerLimit {
  readonly #peers = new Map<string, { readonly answers: number; readonly last: number }>();

  /** @param now returns the time in ms. */
  constructor(private readonly now: () => number = performance.now.bind(performance)) {}

  /** Counts a datagram of this peer; false when it must not be answered. */
  allows(peer: Address): boolean {
    const name = formatAddress(peer);
    const now = this.now();
    const { answers, last } = this.#peers.get(name) ?? { answers: 0, last: now };
    const soFar = now - last < PAUSE_MS ? answers : 0;
    this.#peers.delete(name); // so that the peer that was silent longest is first
    this.#peers.set(name, { answers: soFar + 1, last: now });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MOST_PEERS && oldest !== undefined) this.#peers.delete(oldest);
    return soFar < MOST_ANSWERS;
  }
}
