import type { Address } from '../../src/socket/Address';
import { later } from '../../src/socket/later';
import { DatagramClient, type DatagramRunOptions } from '../../src/udp/DatagramClient';
import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { runDatagramClient } from '../../src/udp/runDatagramClient';
import { HOW_MANY } from './howMany';

/** Sends the numbers from 1, one in each datagram, and sends none again; then it receives the answers. */
export class TwentyDatagrams extends DatagramClient<string> {
  /** @param count how many. */
  constructor(private readonly count: string) {
    super();
  }

  /** Asks once; it does not send lost datagrams again. */
  override async run(server: Address, { limits }: DatagramRunOptions = {}): Promise<string> {
    await using socket = new DatagramSocket();
    await socket.connect(server);
    const forget = later(limits?.timeout ?? 1000, () => void socket.close());
    try {
      return await this.converse(socket, server);
    } finally {
      forget();
    }
  }

  protected async converse(socket: DatagramSocket, server: Address): Promise<string> {
    for (let number = 1; number <= Number(this.count); number++)
      await socket.sendto(Buffer.from(String(number)), server);
    const echoes: string[] = [];
    // UDP can't tell that nothing more comes: the time runs out, and the socket is closed.
    while (echoes.length < Number(this.count)) {
      const datagram = await socket.recvfrom().catch(() => undefined);
      if (!datagram) break;
      echoes.push(String(datagram.data));
    }
    return echoes.join(' ');
  }
}

if (require.main === module) {
  runDatagramClient(TwentyDatagrams, {
    server: 'UdpEchoServer',
    port: 65432,
    argument: HOW_MANY,
  });
}
