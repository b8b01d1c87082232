/** The load, in its own process: carries out orders, and sends back its results. */
import { once } from 'node:events';
import * as net from 'node:net';

export interface Order {
  readonly kind: 'pingpong' | 'connect' | 'burst' | 'bulk' | 'hold' | 'greedy' | 'close';
  readonly port: number;
  readonly connections: number;
  /** ms */
  readonly duration: number;
  readonly isEcho: boolean;
  /** Questions that a connection sends before it waits for the answers. */
  readonly inFlight: number;
  /** Whether the load leaves its core to others while it waits. */
  readonly sleeps: boolean;
  /** MiB, of a bulk echo. */
  readonly size: number;
}

export interface Seen {
  readonly count: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
  /** ms that the measured part took. */
  readonly took: number;
}

const MiB = 1024 * 1024;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d\n$/;
const WARM_UP = 50; // ms
const DATE_LENGTH = '2026-11-23T23:50:44.123+11:00\n'.length;

let held: net.Socket[] = [];
/** Connections that play ping-pong stay open from one round to the next, by the server's port. */
const players = new Map<number, Player[]>();

process.on('message', (order: Order | 'read') => {
  if (order === 'read') return; // awaited by mark
  obey(order).then(
    (seen) => process.send?.({ seen }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function obey(order: Order): Promise<Seen | undefined> {
  switch (order.kind) {
    case 'pingpong':
      return pingPong(order);
    case 'connect':
      return connectEach(order);
    case 'burst':
      return burst(order);
    case 'bulk':
      return bulk(order);
    case 'hold':
      held.push(...(await connectAll(order)));
      // Connections are accepted in turn: once the last has an answer, all have been.
      held.at(-1)?.write('?');
      await once(held.at(-1) ?? process, 'data');
      return undefined;
    case 'greedy':
      held = await connectAll(order);
      for (const socket of held) socket.pause().write(Buffer.alloc(64 * MiB));
      await new Promise((resolve) => setTimeout(resolve, order.duration));
      return undefined;
    case 'close':
      for (const socket of held.splice(0)) socket.destroy();
      return undefined;
  }
}

/** Says that the measured part begins, or ends, and waits until the server's CPU time has been read. */
async function mark(event: 'begin' | 'end'): Promise<void> {
  process.send?.({ event });
  await once(process, 'message');
}

class Latencies {
  #all: number[] = [];

  /** Counts from here on. */
  begin(): void {
    this.#all = [];
  }

  add(ms: number): void {
    this.#all.push(ms);
  }

  seen(took: number): Seen {
    const sorted = Float64Array.from(this.#all).sort();
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), took };
  }
}

/** While it measures, the load does not sleep: a server would pay for waking it. */
function stayAwake(game: Game): void {
  if (game.phase !== 'over') setImmediate(stayAwake, game);
}

async function pingPong(order: Order): Promise<Seen> {
  const table = players.get(order.port) ?? (await seat(order));
  players.set(order.port, table);
  const latencies = new Latencies();
  const game: Game = { phase: 'warm', latencies };
  if (!order.sleeps) stayAwake(game);
  const games = Promise.all(table.map((player) => player.play(game))); // rejects on a wrong answer
  return measure(game, order.duration, games);
}

async function seat(order: Order): Promise<Player[]> {
  const sockets = await connectAll(order);
  return sockets.map((socket, index) => {
    return new Player(socket, order.isEcho ? `${index}` : undefined, order.inFlight);
  });
}

interface Game {
  phase: 'warm' | 'measured' | 'over';
  readonly latencies: Latencies;
}

/** One connection that asks, waits for the answers, checks them, and asks again. */
class Player {
  #game: Game | undefined;
  #turn = 0;
  #asked = 0;
  #question = '';
  #answer = '';
  #over: () => void = () => undefined;
  #wrong: (error: Error) => void = () => undefined;

  /** @param name begins each message of an echo; without one the questions are for the date. */
  constructor(
    private readonly socket: net.Socket,
    private readonly name: string | undefined,
    private readonly inFlight: number,
  ) {
    socket.on('data', (data) => {
      this.#hear(data.toString('latin1'));
    });
    socket.on('close', () => {
      this.#wrong(new Error('the server closed the connection'));
    });
  }

  /** Resolves when the game is over and the last answer has come. */
  play(game: Game): Promise<void> {
    this.#game = game;
    return new Promise((resolve, reject) => {
      this.#over = resolve;
      this.#wrong = reject;
      this.#ask();
    });
  }

  #ask(): void {
    this.#turn += 1;
    this.#answer = '';
    this.#question =
      this.name === undefined
        ? 'What time is it?\n'.repeat(this.inFlight)
        : `${this.name} ${this.#turn} `.padEnd(63, '.') + '\n';
    this.#asked = performance.now();
    this.socket.write(this.#question);
  }

  #hear(data: string): void {
    this.#answer += data;
    const length = this.name === undefined ? DATE_LENGTH * this.inFlight : this.#question.length;
    if (this.#answer.length < length) return;
    if (!this.#isRight()) this.#wrong(new Error(`wrong: ${this.#answer}`));
    if (this.#game?.phase === 'measured') {
      const took = performance.now() - this.#asked;
      for (let count = 0; count < this.inFlight; count++) this.#game.latencies.add(took);
    }
    if (this.#game?.phase === 'over') this.#over();
    else this.#ask();
  }

  #isRight(): boolean {
    if (this.name !== undefined) return this.#answer === this.#question;
    const lines = this.#answer.split('\n').slice(0, -1);
    return lines.length === this.inFlight && lines.every((line) => DATE.test(`${line}\n`));
  }
}

/** All connect at the same time, ask, and are answered. */
async function burst({ port, connections }: Order): Promise<Seen> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: connections }, () => askOnce(port)));
  return { count: connections, p50: NaN, p99: NaN, took: performance.now() - begun };
}

function askOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    let answer = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (!answer.endsWith('\n')) return;
      if (!DATE.test(answer)) reject(new Error(`wrong: ${answer}`));
      socket.end();
    });
    socket.on('close', () => {
      if (answer === '') reject(new Error('the server closed the connection'));
      resolve();
    });
    socket.write('What time is it?\n');
  });
}

async function connectEach(order: Order): Promise<Seen> {
  const { port, connections, duration } = order;
  const latencies = new Latencies();
  const game: Game = { phase: 'warm', latencies };
  if (!order.sleeps) stayAwake(game);
  const games = Promise.all(
    Array.from({ length: connections }, async () => {
      while (game.phase !== 'over') {
        const asked = performance.now();
        await askOnce(port);
        if (game.phase === 'measured') latencies.add(performance.now() - asked);
      }
    }),
  );
  return measure(game, duration, games);
}

/** After a warm-up, counts what happens from the moment at which the server's CPU time is read to the next reading. */
async function measure(game: Game, duration: number, games: Promise<unknown>): Promise<Seen> {
  await Promise.race([sleep(WARM_UP), games]);
  game.phase = 'measured';
  await mark('begin');
  const begun = performance.now();
  game.latencies.begin();
  await Promise.race([sleep(duration), games]);
  const seen = game.latencies.seen(performance.now() - begun);
  await mark('end');
  game.phase = 'over';
  await games;
  return seen;
}

async function bulk({ port, size }: Order): Promise<Seen> {
  const [socket] = await connectAll({ port, connections: 1 });
  if (!socket) throw new Error('no connection');
  // Its length is a prime number, so that a lost or doubled chunk does not look right.
  const pattern = Buffer.from(Array.from({ length: 65_521 }, (_, index) => (index * 31) % 251));
  const twice = Buffer.concat([pattern, pattern]);
  const total = size * MiB;
  await mark('begin');
  const begun = performance.now();
  await new Promise<void>((resolve, reject) => {
    let sent = 0;
    let received = 0;
    const send = () => {
      for (let room = true; room && sent < total;) {
        const chunk = pattern.subarray(0, Math.min(pattern.length, total - sent));
        sent += chunk.length;
        room = socket.write(chunk);
      }
    };
    socket.on('drain', send);
    socket.on('data', (data) => {
      for (let at = 0; at < data.length;) {
        const place = (received + at) % pattern.length;
        const length = Math.min(data.length - at, pattern.length);
        if (twice.compare(data, at, at + length, place, place + length) !== 0) {
          reject(new Error(`wrong bytes near ${received + at}`));
        }
        at += length;
      }
      received += data.length;
      if (received === total) resolve();
    });
    socket.on('close', () => {
      reject(new Error('the server closed the connection'));
    });
    send();
  });
  const took = performance.now() - begun;
  await mark('end');
  socket.destroy();
  return { count: size, p50: NaN, p99: NaN, took };
}

async function connectAll(order: Pick<Order, 'port' | 'connections'>): Promise<net.Socket[]> {
  const sockets: net.Socket[] = [];
  // A hundred at a time: with a full backlog the kernel would drop some, and try again a second later.
  while (sockets.length < order.connections) {
    const count = Math.min(100, order.connections - sockets.length);
    const some = Array.from({ length: count }, () => connect(order.port));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

function connect(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      resolve(socket);
    });
    socket.on('error', reject);
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
