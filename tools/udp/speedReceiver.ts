/** The other end of `npm run udp -- speed`: counts the bytes that come over TCP and over UDP, and answers with them. */
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import type { Socket } from '../../src/socket/Socket';
import { DatagramSocket } from '../../src/udp/DatagramSocket';

/** The datagram that asks how many bytes have come. */
export const HOW_MANY = 'how many?';
const ANY_PORT = { host: '127.0.0.1', port: 0 };
const MOST = 65_536;

async function countStreams(welcoming: ListeningSocket): Promise<never> {
  for (;;) void count(await welcoming.accept());
}

/** Counts until end of file, and answers with the sum. */
async function count(client: Socket): Promise<void> {
  let bytes = 0;
  for (let data = await client.recv(MOST); data.length > 0; data = await client.recv(MOST))
    bytes += data.length;
  await client.sendall(Buffer.from(String(bytes)));
  await client.close();
}

async function countDatagrams(socket: DatagramSocket): Promise<never> {
  let bytes = 0;
  for (;;) {
    const { data, peer } = await socket.recvfrom();
    if (data.toString('latin1') === HOW_MANY) await socket.sendto(Buffer.from(String(bytes)), peer);
    else bytes += data.length;
  }
}

async function main(): Promise<void> {
  const welcoming = new ListeningSocket();
  welcoming.bind(ANY_PORT);
  await welcoming.listen();
  const datagrams = new DatagramSocket();
  await datagrams.bind(ANY_PORT);
  process.once('disconnect', () => process.exit());
  process.send?.({ tcp: welcoming.local, udp: datagrams.local });
  await Promise.all([countStreams(welcoming), countDatagrams(datagrams)]);
}

if (require.main === module) void main();
