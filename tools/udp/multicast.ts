import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { deliver, Receiver, deliveryRows } from './delivery';

/** A group of the local scope, 239.255.0.0/16 (RFC 2365 section 6.1). */
const GROUP = '239.255.60.15';
const LOOPBACK = '127.0.0.1';
const EVERYWHERE = '0.0.0.0';
const TEXT = 'Hello, group';

/** One `sendto` to a group: every member receives it. It never leaves this machine. */
export async function multicast(show: (line: string) => void): Promise<void> {
  await using first = new Receiver(`bind(${EVERYWHERE}), joined`);
  await using second = new Receiver(`bind(${EVERYWHERE}), joined`);
  await using careless = new Receiver(`bind(${EVERYWHERE}), never joined`);
  await using stranger = new Receiver(`bind(${LOOPBACK}), never joined`);
  const receivers = [first, second, careless, stranger];

  await first.socket.bind({ host: EVERYWHERE, port: 0 });
  const port = first.socket.local?.port ?? 0;
  await second.socket.bind({ host: EVERYWHERE, port });
  await careless.socket.bind({ host: EVERYWHERE, port });
  await stranger.socket.bind({ host: LOOPBACK, port });
  first.socket.join(GROUP, LOOPBACK);
  second.socket.join(GROUP, LOOPBACK);
  for (const receiver of receivers) void receiver.receive();

  await using sender = new DatagramSocket();
  await sender.bind({ host: EVERYWHERE, port: 0 });
  sender.keepGroupsOn(LOOPBACK); // before anything is sent, or that would leave this machine
  await deliver(TEXT, receivers, (data) => sender.sendto(data, { host: GROUP, port }));

  show(`One sendto("${TEXT}", ${GROUP}:${port}):`);
  show('');
  for (const row of deliveryRows(TEXT, receivers)) show(row);
  show('');
  show('receiver: socket(), bind() to a port that all share (SO_REUSEADDR),');
  show(`          and to join: setsockopt(IP_ADD_MEMBERSHIP, ${GROUP} on ${LOOPBACK}), recvfrom()`);
  show('sender:   socket(), IP_MULTICAST_TTL 0 and IP_MULTICAST_IF 127.0.0.1, sendto()');
  if (careless.received.includes(TEXT)) {
    show('A trap: receiver 3 has it, too. Linux gives a socket bound to 0.0.0.0 what any');
    show('program of the machine has joined, unless its IP_MULTICAST_ALL is switched off.');
  }
}
