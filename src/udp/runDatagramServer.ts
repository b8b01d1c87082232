import type { Newable } from 'inversify';
import { QuietReport } from '../cli/ConsoleReport';
import { createServer } from '../cli/createServer';
import { launch } from '../cli/launch';
import { bindablePort, createCommand, hostName, parseOrExit } from '../cli/options';
import { out } from '../cli/Output';
import { addTraceOptions, type TraceOptions } from '../cli/tracing';
import { formatAddress } from '../socket/Address';
import type { DatagramServer } from './DatagramServer';
import type { Datagram } from './DatagramSocket';

interface Options extends TraceOptions {
  readonly host: string;
  readonly port: number;
  readonly quiet?: true;
}

/** Runs a UDP server from the command line: options, banner, signals, exit code. */
export function runDatagramServer(
  Server: Newable<DatagramServer>,
  { port: usual }: { port: number },
): void {
  const { name } = Server;
  const command = createCommand(
    name,
    `${name} of the Client/Server Communication lab, over UDP.`,
    'src/udp',
  )
    .option('--host <host>', 'the address to receive on', hostName, '127.0.0.1')
    .option('--port <port>', 'the UDP port to receive on; 0: any free one', bindablePort, usual)
    .option('--quiet', 'do not print a line for each datagram');
  const options = parseOrExit(addTraceOptions(command)).opts<Options>();
  void launch({ name, file: `udp/${name}` }, options, async () => {
    const { host, port, quiet } = options;
    const server = await createServer(Server);
    const report = quiet ? new QuietReport(name) : new ConsoleDatagramReport(name);
    const address = await server.start({ host, port }, { report });
    return { server, banner: `${name} receiving on ${formatAddress(address)}` };
  });
}

/** Reports datagrams on stdout, and errors on stderr. */
class ConsoleDatagramReport extends QuietReport {
  received({ data, peer }: Datagram): void {
    out.write(`Received ${data.length} bytes from ${formatAddress(peer)}\n`);
  }
}
