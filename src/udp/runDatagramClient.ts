import { adviseClient, startIt } from '../cli/advice';
import {
  clientCommand,
  type ClientOptions,
  type ClientProgram,
  runConversation,
} from '../cli/clientCommand';
import { say } from '../cli/complain';
import { count, createCommand, seconds } from '../cli/options';
import type { Address } from '../socket/Address';
import { codeOf } from '../text/errno';
import { command } from '../text/wrap';
import {
  type DatagramClient,
  type DatagramClientReport,
  DEFAULT_DATAGRAM_LIMITS,
} from './DatagramClient';

type ClientClass = new (text: string) => DatagramClient<string>;

interface Options extends ClientOptions {
  /** s */
  readonly timeout: number;
  readonly tries: number;
}

/** Runs a UDP client from the command line: options, result on stdout, exit code. */
export function runDatagramClient(Client: ClientClass, program: ClientProgram): void {
  const { name } = Client;
  const limits = DEFAULT_DATAGRAM_LIMITS;
  const server = { server: `udp/${program.server}`, port: program.port };
  const commandLine = createCommand(
    name,
    `${name} of the Client/Server Communication lab, over UDP.`,
    'src/udp',
  );
  clientCommand(commandLine, program, 'UDP port')
    .option(
      '--timeout <s>',
      'how long to wait for an answer to each try',
      seconds,
      limits.timeout / 1000,
    )
    .option('--tries <n>', 'how often to ask', count, limits.tries);
  void runConversation<Options>(name, program, commandLine, {
    converse: (text, address, { timeout, tries }) =>
      new Client(text).run(address, {
        limits: { timeout: timeout * 1000, tries },
        report: reportOf(name, address, { timeout, tries }),
      }),
    advise: (error, port) =>
      codeOf(error) === 'ETIMEDOUT'
        ? [startIt(server, port), `to wait longer, add ${command('--timeout 5')}`]
        : adviseClient(`udp/${name}`, server, port, error),
  });
}

function reportOf(
  name: string,
  { port }: Address,
  { timeout, tries }: Pick<Options, 'timeout' | 'tries'>,
): DatagramClientReport {
  return {
    again(attempt, error) {
      const isRefused = codeOf(error) === 'ECONNREFUSED';
      const why = isRefused
        ? `no program uses UDP port ${port} there yet`
        : `no answer in ${timeout} s`;
      say(`${name}: ${why}; asking again (try ${attempt} of ${tries})`);
    },
  };
}
