import { datagramMessage } from '../cli/options';
import type { Address } from '../socket/Address';
import { UnexpectedReply } from '../socket/UnexpectedReply';
import { quote } from '../text/quote';
import { DatagramClient } from './DatagramClient';
import type { DatagramSocket } from './DatagramSocket';
import { runDatagramClient } from './runDatagramClient';

/** Sends a datagram and receives it back. The UDP version of `EchoClient`. */
export class UdpEchoClient extends DatagramClient<string> {
  constructor(private readonly message: string) {
    super();
  }

  protected async converse(socket: DatagramSocket, server: Address): Promise<string> {
    const message = Buffer.from(this.message);
    await socket.sendto(message, server);
    const { data: echo, peer } = await socket.recvfrom();
    if (!echo.equals(message)) throw new UnexpectedReply('sent back something else', peer);
    return echo.toString();
  }
}

if (require.main === module) {
  runDatagramClient(UdpEchoClient, {
    server: 'UdpEchoServer',
    port: 65432,
    argument: datagramMessage('Hello, world'),
    show: (echo) => `Received ${quote(echo)}`,
  });
}
