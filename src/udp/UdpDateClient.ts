import { question } from '../cli/options';
import type { Address } from '../socket/Address';
import { UnexpectedReply } from '../socket/UnexpectedReply';
import { isRfc3339 } from '../text/rfc3339';
import { DatagramClient } from './DatagramClient';
import type { DatagramSocket } from './DatagramSocket';
import { runDatagramClient } from './runDatagramClient';

/** Asks for the date and time. The UDP version of `DateClient`. */
export class UdpDateClient extends DatagramClient<string> {
  constructor(private readonly question: string) {
    super();
  }

  protected async converse(socket: DatagramSocket, server: Address): Promise<string> {
    await socket.sendto(Buffer.from(this.question), server);
    const { data, peer } = await socket.recvfrom();
    const date = data.toString().trimEnd();
    if (!isRfc3339(date)) throw new UnexpectedReply(`answered what is not a date: ${date}`, peer);
    return date;
  }
}

if (require.main === module) {
  runDatagramClient(UdpDateClient, {
    server: 'UdpDateServer',
    port: 6015,
    argument: question('What time is it?'),
  });
}
