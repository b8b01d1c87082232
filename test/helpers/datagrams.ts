import type { Address } from '../../src/socket/Address';
import { DatagramSocket } from '../../src/udp/DatagramSocket';
import type { DatagramServer } from '../../src/udp/DatagramServer';
import { afterwards } from './cleanUp';

/** A datagram socket with a free port of this machine; it is closed after the test. */
export async function openDatagramSocket(
  host = '127.0.0.1',
): Promise<{ socket: DatagramSocket; address: Address }> {
  const socket = new DatagramSocket();
  afterwards(() => socket.close());
  await socket.bind({ host, port: 0 });
  if (!socket.local) throw new Error('bound, and without an address');
  return { socket, address: socket.local };
}

/** A UDP port that no program has. */
export async function freeUdpPort(): Promise<number> {
  const { socket, address } = await openDatagramSocket();
  await socket.close();
  return address.port;
}

/** Starts a UDP server on a free port of this machine; it is stopped after the test. */
export async function startDatagramServer(
  server: DatagramServer,
  options?: Parameters<DatagramServer['start']>[1],
): Promise<Address> {
  afterwards(() => server.stop());
  return server.start({ host: '127.0.0.1', port: 0 }, options);
}

/** Asks a UDP server, and gives its answer. */
export async function ask(server: Address, question: string | Buffer): Promise<Buffer> {
  const { socket } = await openDatagramSocket();
  await socket.sendto(Buffer.from(question), server);
  return (await socket.recvfrom()).data;
}
