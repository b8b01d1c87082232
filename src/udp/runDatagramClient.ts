import { adviseClient, startIt } from '../cli/advice';
import { complain, say } from '../cli/complain';
import {
  connectablePort,
  count,
  createCommand,
  hostName,
  parseOrExit,
  seconds,
} from '../cli/options';
import { out } from '../cli/output';
import type { ClientProgram } from '../cli/runClient';
import { addTraceOptions, traceIfAsked, type TraceOptions } from '../cli/tracing';
import { codeOf } from '../text/errno';
import { command } from '../text/wrap';
import {
  type DatagramClient,
  type DatagramClientReport,
  DEFAULT_DATAGRAM_LIMITS,
} from './DatagramClient';

type ClientClass = new (text: string) => DatagramClient<string>;

interface Options extends TraceOptions {
  host: string;
  port: number;
  /** s */
  timeout: number;
  tries: number;
}

/** Runs a UDP client from the command line: options, result on stdout, exit code. */
export function runDatagramClient(Client: ClientClass, program: ClientProgram): void {
  const { argument } = program;
  const { timeout, tries } = DEFAULT_DATAGRAM_LIMITS;
  const commandLine = createCommand(
    Client.name,
    `${Client.name} of the Client/Server Communication lab, over UDP.`,
    'src/udp',
  )
    .argument(`[${argument.name}]`, argument.description, argument.parse, argument.default)
    .option('--host <host>', 'the host of the server', hostName, '127.0.0.1')
    .option('--port <port>', 'the UDP port of the server', connectablePort, program.port)
    .option('--timeout <s>', 'how long to wait for an answer to each try', seconds, timeout / 1000)
    .option('--tries <n>', 'how often to ask', count, tries);
  const { processedArgs } = parseOrExit(addTraceOptions(commandLine));
  const [text = argument.default] = processedArgs as string[];
  void converse(Client, program, text, commandLine.opts<Options>());
}

async function converse(
  Client: ClientClass,
  program: ClientProgram,
  text: string,
  options: Options,
): Promise<void> {
  const { host, port, timeout, tries } = options;
  const { name } = Client;
  const report: DatagramClientReport = {
    again(attempt, error) {
      const refused = codeOf(error) === 'ECONNREFUSED';
      const why = refused ? `nobody has UDP port ${port} there yet` : `no answer in ${timeout} s`;
      say(`${name}: ${why}, asked again (try ${attempt} of ${tries})`);
    },
  };
  try {
    traceIfAsked(options, 'client', name);
    const limits = { timeout: timeout * 1000, tries };
    const result = await new Client(text).run({ host, port }, { limits, report });
    out.write(`${program.show(result)}\n`);
  } catch (error) {
    const server = { server: `udp/${program.server}`, port: program.port };
    const advice =
      codeOf(error) === 'ETIMEDOUT'
        ? [startIt(server, port), `to wait longer, add ${command('--timeout 5')}`]
        : adviseClient(`udp/${name}`, server, port, error);
    complain(name, error, { advice });
    process.exitCode = 1;
  }
}
