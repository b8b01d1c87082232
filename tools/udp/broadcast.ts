import { wrap } from '../../src/text/wrap';
import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { deliver, Receiver, deliveryRows } from './delivery';

/** All hosts of the network 127.0.0.0/8, which is this machine alone. */
const EVERYBODY = '127.255.255.255';
const EVERYWHERE = '0.0.0.0';

/** One `sendto` to all hosts, and one to a single host. */
export async function broadcast(show: (line: string) => void): Promise<void> {
  await using first = new Receiver(`bind(${EVERYWHERE})`);
  await using second = new Receiver(`bind(${EVERYWHERE})`);
  await using third = new Receiver(`bind(${EVERYWHERE})`);
  const receivers = [first, second, third];
  await first.socket.bind({ host: EVERYWHERE, port: 0 });
  const port = first.socket.local?.port ?? 0;
  await second.socket.bind({ host: EVERYWHERE, port });
  await third.socket.bind({ host: EVERYWHERE, port });
  for (const receiver of receivers) void receiver.receive();

  await using sender = new DatagramSocket();
  await sender.bind({ host: EVERYWHERE, port: 0 });
  const sendTo = (host: string) => (data: Buffer) => sender.sendto(data, { host, port });

  show(`Broadcast: one sendto("Hello, all", ${EVERYBODY}:${port}), not allowed yet:`);
  show('');
  await sendTo(EVERYBODY)(Buffer.from('Hello, all')).catch((error: unknown) => {
    show(wrap(`       ${(error as Error).message}`, 80, ' '.repeat(9)));
  });
  show('');
  show('The same after setsockopt(SO_BROADCAST):');
  show('');
  sender.allowBroadcast();
  await deliver('Hello, all', receivers, sendTo(EVERYBODY));
  for (const row of deliveryRows('Hello, all', receivers)) show(row);
  show('');
  show(`Unicast: one sendto("Hello, you", 127.0.0.1:${port}), the same three sockets:`);
  show('');
  for (const { received } of receivers) received.length = 0;
  await deliver('Hello, you', receivers, sendTo('127.0.0.1'));
  for (const row of deliveryRows('Hello, you', receivers)) show(row);
  show('');
  show('receiver: socket(), bind() to a port that all share (SO_REUSEADDR), recvfrom()');
}
