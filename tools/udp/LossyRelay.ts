import { type Address, formatAddress } from '../../src/socket/Address';
import { later } from '../../src/socket/later';
import { DatagramSocket } from '../../src/udp/DatagramSocket';

/** The probability of each fate, from 0 to 1, and the seed. */
export interface Odds {
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly seed: number;
}

/** To the server, or back to the client. */
export type Direction = 'there' | 'back';

/** What becomes of a datagram: it passes, or is lost, passes twice, or the next one overtakes it. */
export type Fate = 'passed' | 'lost' | 'doubled' | 'held';

/** What the relay does with a datagram; `late` is one that was held, and now goes on. */
export interface Passage {
  readonly direction: Direction;
  /** Which one it is in its direction, from 1. */
  readonly number: number;
  readonly data: Buffer;
  readonly fate: Fate | 'waits' | 'late';
  readonly client: Address;
  /** The relay's own address that the server takes for the client's. */
  readonly via: Address;
}

/** At most this many clients at a time, because each needs a port. The oldest one is removed. */
const MOST_CLIENTS = 64;
/** At most this many datagrams wait at a time; further ones are lost. */
const MOST_WAITING = 256;

/** A datagram, and the client it comes from or goes to. */
interface Parcel {
  readonly direction: Direction;
  readonly number: number;
  readonly data: Buffer;
  readonly client: Address;
  /** The relay's own socket for this client, and its address. */
  readonly socket: DatagramSocket;
  readonly via: Address;
}

interface Lane {
  /** How many datagrams have come so far. */
  count: number;
  /** The one that the next overtakes. */
  held?: Parcel | undefined;
  /** Datagrams whose fate is not decided yet, each with a function that cancels it. */
  readonly waiting: Map<Parcel, () => void>;
}

/**
 * A relay between a UDP client and its server that treats datagrams like a bad network: it loses them,
 * doubles them, and lets one overtake another. With the same seed it does the same each time.
 */
export class LossyRelay {
  readonly #welcoming = new DatagramSocket();
  readonly #clients = new Map<string, DatagramSocket>();
  readonly #lanes: Record<Direction, Lane> = {
    there: { count: 0, waiting: new Map() },
    back: { count: 0, waiting: new Map() },
  };

  /**
   * @param report is called with the fate of each datagram, before it goes on. @param delay how long each
   * datagram waits for that, in ms.
   */
  constructor(
    private readonly server: Address,
    private readonly odds: Odds,
    private readonly report: (passage: Passage) => void = () => undefined,
    private readonly delay = 0,
  ) {}

  /** Resolves with the address that clients send to. */
  async start(address: Address): Promise<Address> {
    await this.#welcoming.bind(address);
    void this.#relay(this.#welcoming, async (data, client) => {
      await this.#arrives('there', data, client, await this.#socketFor(client));
    });
    return this.#welcoming.local ?? address;
  }

  /** Sends on the datagrams that are still held: nothing will overtake them any more. */
  async release(): Promise<void> {
    await this.#send([...this.#takeHeld('there'), ...this.#takeHeld('back')]);
  }

  /** Loses a datagram that waits or is held; returns whether there was one. */
  lose(direction: Direction, number: number): boolean {
    const lane = this.#lanes[direction];
    const parcel = [...lane.waiting.keys(), lane.held].find((each) => each?.number === number);
    if (!parcel) return false;
    lane.waiting.get(parcel)?.();
    lane.waiting.delete(parcel);
    if (lane.held === parcel) lane.held = undefined;
    this.#tell(parcel, 'lost');
    return true;
  }

  async stop(): Promise<void> {
    for (const { waiting } of Object.values(this.#lanes)) {
      for (const forget of waiting.values()) forget();
      waiting.clear();
    }
    await this.#welcoming.close();
    await Promise.all([...this.#clients.values()].map((socket) => socket.close()));
  }

  async #relay(
    socket: DatagramSocket,
    handOn: (data: Buffer, peer: Address) => Promise<void>,
  ): Promise<void> {
    for (;;) {
      const datagram = await socket.recvfrom().catch(() => undefined);
      if (!datagram) {
        if (!socket.local) return;
        continue;
      }
      await handOn(datagram.data, datagram.peer).catch(() => undefined); // lost, then
    }
  }

  /** Each client has a port of the relay's own: the server must be able to tell them apart. */
  async #socketFor(client: Address): Promise<DatagramSocket> {
    const name = formatAddress(client);
    const known = this.#clients.get(name);
    if (known) return known;
    const [oldest] = this.#clients.keys();
    if (oldest !== undefined && this.#clients.size === MOST_CLIENTS) {
      void this.#clients.get(oldest)?.close();
      this.#clients.delete(oldest);
    }
    const socket = new DatagramSocket();
    this.#clients.set(name, socket);
    await socket.bind({ host: this.#welcoming.local?.host ?? '127.0.0.1', port: 0 });
    void this.#relay(socket, (data) => this.#arrives('back', data, client, socket));
    return socket;
  }

  async #arrives(
    direction: Direction,
    data: Buffer,
    client: Address,
    socket: DatagramSocket,
  ): Promise<void> {
    const lane = this.#lanes[direction];
    lane.count += 1;
    const via = socket.local ?? client;
    const parcel: Parcel = { direction, number: lane.count, data, client, socket, via };
    if (this.delay === 0) await this.#decide(parcel);
    else if (lane.waiting.size === MOST_WAITING) this.#tell(parcel, 'lost');
    else this.#waits(parcel);
  }

  #waits(parcel: Parcel): void {
    const { waiting } = this.#lanes[parcel.direction];
    const forget = later(this.delay, () => {
      waiting.delete(parcel);
      void this.#decide(parcel).catch(() => undefined); // lost, then
    });
    waiting.set(parcel, forget);
    this.#tell(parcel, 'waits');
  }

  async #decide(parcel: Parcel): Promise<void> {
    const { direction, number } = parcel;
    const lane = this.#lanes[direction];
    let fate = fateOf(this.odds, direction, number);
    if (fate === 'held' && lane.held) fate = 'passed'; // it overtakes the one that waits already
    this.#tell(parcel, fate);
    if (fate === 'held') lane.held = parcel;
    if (fate === 'passed') await this.#send([parcel, ...this.#takeHeld(direction)]);
    if (fate === 'doubled') await this.#send([parcel, parcel, ...this.#takeHeld(direction)]);
  }

  #takeHeld(direction: Direction): Parcel[] {
    const { held } = this.#lanes[direction];
    if (!held) return [];
    this.#lanes[direction].held = undefined;
    this.#tell(held, 'late');
    return [held];
  }

  async #send(parcels: readonly Parcel[]): Promise<void> {
    for (const { direction, data, client, socket } of parcels)
      await (direction === 'there'
        ? socket.sendto(data, this.server)
        : this.#welcoming.sendto(data, client));
  }

  #tell({ direction, number, data, client, via }: Parcel, fate: Passage['fate']): void {
    this.report({ direction, number, data, client, via, fate });
  }
}

/** What becomes of the datagram with this number, from 1. */
export function fateOf(odds: Odds, direction: Direction, number: number): Fate {
  const drawn = draw(odds.seed, number * 2 + (direction === 'there' ? 0 : 1));
  if (drawn < odds.loss) return 'lost';
  if (drawn < odds.loss + odds.duplicate) return 'doubled';
  if (drawn < odds.loss + odds.duplicate + odds.reorder) return 'held';
  return 'passed';
}

/** Chosen so that seed 1 shows every fate among its first 20 datagrams. */
const ORIGIN = 9810;

/** A number from 0 to 1 for a seed and a place: splitmix32, which mixes every bit into every other. */
function draw(seed: number, place: number): number {
  let mixed = (ORIGIN + seed + Math.imul(place, 0x9e3779b9)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}
