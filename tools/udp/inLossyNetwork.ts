/** The part of `npm run udp -- loss --netem` that runs in the network that loses packets. */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { complain } from '../../src/cli/complain';
import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { UdpEchoServer } from '../../src/udp/UdpEchoServer';
import { overTcp } from './loss';
import { toolName } from '../../src/text/startedAs';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
/** On one machine, no datagram takes this many ms. */
const PATIENCE_MS = 1000;

async function main(count: number, percent: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  console.log(`A separate network that loses ${percent} % of all packets, in both directions:`);
  const came = await overUdp(numbers);
  console.log(`UDP: ${count} sent, ${came} came back. UDP does not send the others again.`);
  const before = segmentsSentAgain();
  const begun = performance.now();
  const echoes = await overTcp(numbers);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const isSame = echoes.every((echo, index) => echo === numbers[index]);
  const how = isSame ? 'all of them, in order' : 'not in order';
  const again = segmentsSentAgain() - before;
  console.log(`TCP: ${count} sent, ${echoes.length} came back, ${how}, in ${seconds} s.`);
  console.log(`     TCP repairs it: ${again} of its segments were sent again.`);
}

async function overUdp(numbers: readonly number[]): Promise<number> {
  const server = new UdpEchoServer();
  const address = await server.start(ANY_PORT);
  const client = new DatagramSocket();
  await client.bind(ANY_PORT);
  const received = countDistinct(client);
  for (const number of numbers) await client.sendto(Buffer.from(String(number)), address);
  await setTimeout(PATIENCE_MS);
  await client.close();
  await server.stop();
  return received;
}

/** How many different datagrams come until the socket is closed. */
async function countDistinct(client: DatagramSocket): Promise<number> {
  const all = new Set<string>();
  for (;;) {
    const datagram = await client.recvfrom().catch(() => undefined);
    if (!datagram) return all.size;
    all.add(String(datagram.data));
  }
}

/** Of this network, since it began. */
function segmentsSentAgain(): number {
  const [names = [], values = []] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('RetransSegs')]);
}

process.once('disconnect', () => process.exit());
const [count, percent] = process.argv.slice(2).map(Number);
main(count ?? 0, percent ?? 0).then(
  () => process.exit(0),
  (error: unknown) => {
    complain(toolName('udp'), error);
    process.exit(1);
  },
);
