import { type Datagram, type DatagramSocket } from './DatagramSocket';
import { DatagramServer } from './DatagramServer';
import { runDatagramServer } from './runDatagramServer';

/** Sends every datagram back, unchanged, to where it came from (RFC 862). The UDP version of `EchoServer`. */
export class UdpEchoServer extends DatagramServer {
  protected async answer({ data, peer }: Datagram, socket: DatagramSocket): Promise<void> {
    await socket.sendto(data, peer);
  }
}

if (require.main === module) runDatagramServer(UdpEchoServer, { port: 65432 });
