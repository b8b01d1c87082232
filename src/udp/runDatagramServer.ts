import type { Newable } from 'inversify';
import { adviseServer } from '../cli/advice';
import { howToStop } from '../cli/banner';
import { complain } from '../cli/complain';
import { QuietReport } from '../cli/ConsoleReport';
import { createServer } from '../cli/createServer';
import { bindablePort, createCommand, hostName, parseOrExit } from '../cli/options';
import { out } from '../cli/output';
import { stopOnSignals } from '../cli/signals';
import { addTraceOptions, traceIfAsked, type TraceOptions } from '../cli/tracing';
import { formatAddress } from '../socket/Address';
import type { DatagramServer } from './DatagramServer';
import type { Datagram } from './DatagramSocket';

interface Options extends TraceOptions {
  host: string;
  port: number;
  quiet?: true;
}

/** Runs a UDP server from the command line: options, banner, signals, exit code. */
export function runDatagramServer(
  Server: Newable<DatagramServer>,
  { port }: { port: number },
): void {
  const command = createCommand(
    Server.name,
    `${Server.name} of the Client/Server Communication lab, over UDP.`,
    'src/udp',
  )
    .option('--host <host>', 'the address to receive on', hostName, '127.0.0.1')
    .option('--port <port>', 'the UDP port to receive on; 0: any free one', bindablePort, port)
    .option('--quiet', 'do not print a line for each datagram');
  void serve(Server, parseOrExit(addTraceOptions(command)).opts<Options>());
}

async function serve(Server: Newable<DatagramServer>, options: Options): Promise<void> {
  const { host, port, quiet } = options;
  const { name } = Server;
  try {
    traceIfAsked(options, 'server', name);
    const server = await createServer(Server);
    const report = quiet ? new QuietReport(name) : new ConsoleDatagramReport(name);
    const address = await server.start({ host, port }, { report });
    stopOnSignals(name, server);
    out.write(`${name} receiving on ${formatAddress(address)}\n${howToStop()}\n`);
  } catch (error) {
    complain(name, error, { advice: adviseServer(`udp/${name}`, error) });
    process.exitCode = 1;
  }
}

/** Says on stdout what comes, and on stderr what goes wrong. */
class ConsoleDatagramReport extends QuietReport {
  received({ data, peer }: Datagram): void {
    out.write(`Received ${data.length} bytes from ${formatAddress(peer)}\n`);
  }
}
