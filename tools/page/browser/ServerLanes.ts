import type { Mark, Row } from '../../../src/trace/rows';

/** At most this many are drawn side by side: further sockets share the last lane. */
const MOST_LANES = 5;
/** A lane stays empty for this many rows before another socket gets it. */
const APART = 2;

/** A socket of a server: from the row in which it is made to the one in which it is closed. */
export interface ServerSocket {
  readonly number: number;
  /** It welcomes clients, talks with one, or belongs to another server than the first. */
  readonly kind: 'welcoming' | 'accepted' | 'other';
  readonly lane: number;
  /** Rows, counted with those that were discarded. */
  readonly from: number;
  to: number | undefined;
}

/** Where the server's part of a row is drawn. */
export interface Place {
  readonly lane: number;
  /** The lane of the socket that `accept` has given in it. */
  readonly born: number | undefined;
}

/** Which life line each socket of a server has: the welcoming one is the first. */
export class ServerLanes {
  readonly sockets: ServerSocket[] = [];
  /** How many life lines there are. */
  count = 1;
  readonly #byNumber = new Map<string, ServerSocket>();
  readonly #byPort = new Map<number, ServerSocket>();
  #firstPid: number | undefined;

  /** @param at the row's number. */
  place({ server, who }: Row, at: number): Place {
    const talks = who === undefined ? undefined : this.#byPort.get(who);
    if (!server || server.logged) return { lane: talks?.lane ?? 0, born: undefined };
    const own = (server.call === 'accept' ? undefined : talks) ?? this.#of(server, at);
    const born = this.#born(server, at);
    if (ENDS.has(server.call) || server.state === 'killed') this.#ends(own, at);
    return { lane: own.lane, born: born?.lane };
  }

  /** The life line of a socket, if it has one. */
  laneOf(pid: number, sock: number): number | undefined {
    return this.#byNumber.get(`${pid} ${sock}`)?.lane;
  }

  /** Forgets the sockets that ended before this row. */
  forgetBefore(row: number): void {
    const kept = this.sockets.filter(({ to }) => to === undefined || to >= row);
    this.sockets.splice(0, this.sockets.length, ...kept);
  }

  #of({ pid, sock }: Mark, at: number): ServerSocket {
    const key = `${pid} ${sock}`;
    const known = this.#byNumber.get(key);
    if (known) return known;
    this.#firstPid ??= pid;
    const kind = pid === this.#firstPid ? 'welcoming' : 'other';
    return this.#made(key, { number: sock, kind, from: at });
  }

  #born({ call, pid, named, accepted }: Mark, at: number): ServerSocket | undefined {
    if (call !== 'accept' || named === undefined || accepted === undefined) return undefined;
    const made = this.#made(`${pid} ${named}`, { number: named, kind: 'accepted', from: at });
    this.#byPort.set(accepted, made);
    return made;
  }

  #made(key: string, made: Pick<ServerSocket, 'number' | 'kind' | 'from'>): ServerSocket {
    const lane = this.#freeLane(made.from);
    const socket: ServerSocket = { ...made, lane, to: undefined };
    this.sockets.push(socket);
    this.#byNumber.set(key, socket);
    this.count = Math.max(this.count, lane + 1);
    return socket;
  }

  #freeLane(at: number): number {
    for (let lane = 0; lane < MOST_LANES; lane++) {
      const isTaken = this.sockets.some(
        (other) => other.lane === lane && (other.to === undefined || other.to + APART > at),
      );
      if (!isTaken) return lane;
    }
    return MOST_LANES - 1;
  }

  #ends(socket: ServerSocket, at: number): void {
    socket.to = at;
    for (const map of [this.#byNumber, this.#byPort] as Map<unknown, ServerSocket>[])
      for (const [key, known] of map) if (known === socket) map.delete(key);
  }
}

const ENDS = new Set(['close', 'reset']);
