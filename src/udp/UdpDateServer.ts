import { injectable } from 'inversify';
import { Clock } from '../services/Clock';
import { formatRfc3339 } from '../text/rfc3339';
import { DatagramServer } from './DatagramServer';
import type { Datagram, DatagramSocket } from './DatagramSocket';
import { runDatagramServer } from './runDatagramServer';

/** Answers each datagram with the date and time. The UDP version of `DateServer`. */
@injectable()
export class UdpDateServer extends DatagramServer {
  constructor(private readonly clock: Clock) {
    super();
  }

  protected async answer({ peer }: Datagram, socket: DatagramSocket): Promise<void> {
    await socket.sendto(Buffer.from(`${formatRfc3339(this.clock.now())}\n`), peer);
  }
}

if (require.main === module) runDatagramServer(UdpDateServer, { port: 6015 });
