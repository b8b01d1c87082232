import { utf8 } from '../cli/options';
import type { Address } from '../socket/Address';
import { UnexpectedReply } from '../socket/Messages';
import { quote } from '../text/quote';
import { DatagramClient } from './DatagramClient';
import type { DatagramSocket } from './DatagramSocket';
import { runDatagramClient } from './runDatagramClient';

/** Sends a datagram and receives it back. The twin of `EchoClient`. */
export class UdpEchoClient extends DatagramClient<string> {
  constructor(private readonly message: string) {
    super();
  }

  protected override async converse(socket: DatagramSocket, server: Address): Promise<string> {
    const message = Buffer.from(this.message);
    await socket.sendto(message, server);
    const { data: echo, peer } = await socket.recvfrom();
    if (!echo.equals(message))
      throw new UnexpectedReply('EBADMSG', 'sent back something else', peer);
    return echo.toString();
  }
}

if (require.main === module) {
  runDatagramClient(UdpEchoClient, {
    server: 'UdpEchoServer',
    port: 65432,
    argument: {
      name: 'message',
      description:
        'what to send, in one datagram of at most 65,507 bytes (more than about 1,472 travel in fragments)',
      default: 'Hello, world',
      parse: utf8,
    },
    show: (echo) => `Received ${quote(echo)}`,
  });
}
