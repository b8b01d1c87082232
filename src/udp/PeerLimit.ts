import { type Address, formatAddress } from '../socket/Address';

/** Answers to one peer without a pause. */
const MOST_ANSWERS = 5000;
const PAUSE_MS = 10_000;
/** Of more peers the one that has been silent longest is forgotten. */
const MOST_PEERS = 4096;

/**
 * Anybody can write any sender into a datagram. One that names another server makes the two answer each
 * other, for ever, unless one of them leaves a datagram unanswered. So each peer has only so many
 * answers until it pauses; two servers that answer each other never pause, and a client does.
 */
export class PeerLimit {
  readonly #peers = new Map<string, { readonly answers: number; readonly last: number }>();

  /** @param now gives the time in ms. */
  constructor(private readonly now: () => number = performance.now.bind(performance)) {}

  /** Counts a datagram of this peer; false when it is not to be answered. */
  allows(peer: Address): boolean {
    const name = formatAddress(peer);
    const now = this.now();
    const { answers, last } = this.#peers.get(name) ?? { answers: 0, last: now };
    const soFar = now - last < PAUSE_MS ? answers : 0;
    this.#peers.delete(name); // so that the one that has been silent longest stands first
    this.#peers.set(name, { answers: soFar + 1, last: now });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MOST_PEERS && oldest !== undefined) this.#peers.delete(oldest);
    return soFar < MOST_ANSWERS;
  }
}
