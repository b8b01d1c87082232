/** The load, in a process of its own: does what it is sent, and sends back what it saw. */
import { once } from 'node:events';
import * as net from 'node:net';

export interface Order {
  readonly kind: 'pingpong' | 'connect' | 'bulk' | 'hold' | 'greedy' | 'close';
  readonly port: number;
  readonly connections: number;
  /** ms */
  readonly duration: number;
  readonly isEcho: boolean;
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
const WARM_UP = 300; // ms

let held: net.Socket[] = [];

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
    case 'bulk':
      return bulk(order);
    case 'hold':
      held = await connectAll(order);
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

  add(ms: number): void {
    this.#all.push(ms);
  }

  seen(took: number): Seen {
    const sorted = Float64Array.from(this.#all).sort();
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), took };
  }
}

async function pingPong({ port, connections, duration, isEcho }: Order): Promise<Seen> {
  const sockets = await connectAll({ port, connections });
  const latencies = new Latencies();
  let phase: 'warm' | 'measured' | 'over' = 'warm';
  const players = sockets.map(
    (socket, index) =>
      new Promise<void>((resolve, reject) => {
        let turn = 0;
        let asked = 0;
        let question = '';
        let answer = '';
        const ask = () => {
          question = isEcho
            ? `${index} ${(turn += 1)} `.padEnd(63, '.') + '\n'
            : 'What time is it?\n';
          answer = '';
          asked = performance.now();
          socket.write(question);
        };
        socket.on('data', (data) => {
          answer += data.toString('latin1');
          if (!answer.endsWith('\n')) return;
          if (isEcho ? answer !== question : !DATE.test(answer))
            reject(new Error(`wrong: ${answer}`));
          if (phase === 'measured') latencies.add(performance.now() - asked);
          if (phase === 'over') resolve();
          else ask();
        });
        socket.on('close', () => {
          reject(new Error('the server hung up'));
        });
        ask();
      }),
  );
  await sleep(WARM_UP);
  phase = 'measured';
  await mark('begin');
  const begun = performance.now();
  await Promise.race([sleep(duration), Promise.all(players)]); // rejects on a wrong answer
  const took = performance.now() - begun;
  await mark('end');
  phase = 'over';
  await Promise.all(players);
  for (const socket of sockets) socket.destroy();
  return latencies.seen(took);
}

async function connectEach({ port, connections, duration }: Order): Promise<Seen> {
  const latencies = new Latencies();
  let phase: 'warm' | 'measured' | 'over' = 'warm';
  const askOnce = () =>
    new Promise<void>((resolve, reject) => {
      const asked = performance.now();
      let answer = '';
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
      socket.on('data', (data) => {
        answer += data.toString('latin1');
        if (!answer.endsWith('\n')) return;
        if (!DATE.test(answer)) reject(new Error(`wrong: ${answer}`));
        socket.end();
      });
      socket.on('error', reject);
      socket.on('close', () => {
        if (answer === '') reject(new Error('the server hung up'));
        if (phase === 'measured') latencies.add(performance.now() - asked);
        resolve();
      });
      socket.write('What time is it?\n');
    });
  const players = Array.from({ length: connections }, async () => {
    while (phase !== 'over') await askOnce();
  });
  await sleep(WARM_UP);
  phase = 'measured';
  await mark('begin');
  const begun = performance.now();
  await Promise.race([sleep(duration), Promise.all(players)]);
  const took = performance.now() - begun;
  await mark('end');
  phase = 'over';
  await Promise.all(players);
  return latencies.seen(took);
}

async function bulk({ port, size }: Order): Promise<Seen> {
  const [socket] = await connectAll({ port, connections: 1 });
  if (!socket) throw new Error('no connection');
  // As long as a prime number, so that a lost or doubled chunk does not look right.
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
      reject(new Error('the server hung up'));
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
  // By the hundred: a full backlog would make the kernel drop some, and try again a second later.
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
