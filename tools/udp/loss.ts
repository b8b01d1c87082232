import { setTimeout } from 'node:timers/promises';
import { TwentyMessages } from '../../examples/clients/TwentyMessages';
import { EchoServer } from '../../src/EchoServer';
import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { LossyRelay, type Odds, type Passage } from './LossyRelay';
import { HEADING, passageRows } from './picture';
import { wrap } from '../../src/text/wrap';
import { UdpEchoServer } from '../../src/udp/UdpEchoServer';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const COLUMNS = 80;
/** So nothing is lost over TCP here, and nothing repaired. */
const NO_RELAY = 'TCP has no relay, so it lost nothing. --netem loses packets of both.';
/** No datagram takes this long on one machine, in ms: one that has not arrived by then is lost. */
const PATIENCE_MS = 2000;

/** Sends `count` numbered datagrams through a relay; then the same messages over TCP, which has no relay. */
export async function loss(count: number, odds: Odds, show: (line: string) => void): Promise<void> {
  show(HEADING);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  show(await overUdp(numbers, odds, show));
  show(tcpWords(numbers, await overTcp(numbers)));
  show(NO_RELAY);
}

async function overUdp(
  numbers: number[],
  odds: Odds,
  show: (line: string) => void,
): Promise<string> {
  const server = new UdpEchoServer();
  const traffic = new Traffic(show);
  const relay = new LossyRelay(await server.start(ANY_PORT), odds, (passage) => {
    traffic.see(passage);
  });
  const address = await relay.start(ANY_PORT);
  await using client = new DatagramSocket();
  await client.bind(ANY_PORT);
  void traffic.receive(client);
  // One after the other, so that the picture is the same each time.
  for (const number of numbers) {
    traffic.expect('there');
    await client.sendto(Buffer.from(String(number)), address);
    await traffic.settled();
  }
  await relay.release();
  await traffic.settled();
  await relay.stop();
  await server.stop();
  return traffic.summary(numbers.length);
}

/** What is on its way, and what has become of it. */
class Traffic {
  /** Datagrams that the relay, or the client, has yet to see. */
  readonly #coming = { there: 0, back: 0, client: 0 };
  readonly #lost = { there: 0, back: 0 };
  readonly #received: number[] = [];
  #overtaker = { there: '', back: '' };
  #news: () => void = () => undefined;

  constructor(private readonly show: (line: string) => void) {}

  expect(direction: 'there'): void {
    this.#coming[direction] += 1;
  }

  /** The relay's news. */
  see(passage: Passage): void {
    const { direction, fate, data } = passage;
    if (fate !== 'late') this.#coming[direction] -= 1;
    if (fate === 'lost') this.#lost[direction] += 1;
    const sent = { passed: 1, doubled: 2, late: 1, lost: 0, held: 0, waits: 0 }[fate];
    this.#coming[direction === 'there' ? 'back' : 'client'] += sent;
    for (const row of passageRows(passage, this.#overtaker[direction])) this.show(row);
    if (sent > 0 && fate !== 'late') this.#overtaker[direction] = data.toString();
    this.#news();
  }

  /** Counts what the client receives, until its socket is closed. */
  async receive(client: DatagramSocket): Promise<void> {
    for (;;) {
      const datagram = await client.recvfrom().catch(() => undefined);
      if (!datagram) return;
      this.#received.push(Number(datagram.data));
      this.#coming.client -= 1;
      this.#news();
    }
  }

  /** Waits until nothing is on its way, or what is has not come for too long. */
  async settled(): Promise<void> {
    const { there, back, client } = this.#coming;
    if (there + back + client === 0) return;
    const news = new Promise<true>((resolve) => {
      this.#news = () => {
        resolve(true);
      };
    });
    const hasNews = await Promise.race([news, setTimeout(PATIENCE_MS, false, { ref: false })]);
    if (hasNews) return this.settled();
    Object.assign(this.#coming, { there: 0, back: 0, client: 0 });
  }

  summary(sent: number): string {
    const distinct = new Set(this.#received).size;
    const late = this.#received.filter((number, index) =>
      this.#received.slice(0, index).some((earlier) => earlier > number),
    );
    const counts = [
      `UDP: ${sent} sent, ${distinct} came back`,
      `${this.#lost.there} lost on the way there`,
      `${this.#lost.back} on the way back`,
      `${this.#received.length - distinct} twice`,
      `${new Set(late).size} out of order.`,
    ];
    return wrap(counts.join(', '), COLUMNS, '     ');
  }
}

/** Sends these numbers over TCP, and gives those that come back. */
export async function overTcp(numbers: readonly number[]): Promise<number[]> {
  const server = new EchoServer();
  const client = new TwentyMessages(String(numbers.length));
  const echoes = await client.run(await server.start(ANY_PORT));
  await server.stop();
  return echoes.split(' ').map(Number);
}

function tcpWords(numbers: readonly number[], echoes: readonly number[]): string {
  const inOrder = echoes.every((echo, index) => echo === numbers[index]);
  return `TCP, the same ${numbers.length} messages: ${echoes.length} came back, ${inOrder ? 'in order' : 'out of order'}.`;
}
