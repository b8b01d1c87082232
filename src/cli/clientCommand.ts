import type { Command } from 'commander';
import type { Address } from '../socket/Address';
import { complain } from './complain';
import { type Argument, connectablePort, hostName, parseOrExit } from './options';
import { out } from './Output';
import { endInWords } from './slips';
import { addTraceOptions, traceIfAsked, type TraceOptions } from './tracing';

/** What is different in each client program. */
export interface ClientProgram {
  /** The name of its server. */
  readonly server: string;
  /** The default port. */
  readonly port: number;
  /** What it sends to the server. */
  readonly argument: Argument;
  /** How it prints the result. Default: the result itself. */
  readonly show?: (result: string) => string;
}

/** The command-line options of every client. */
export interface ClientOptions extends TraceOptions {
  readonly host: string;
  readonly port: number;
}

/** How a client talks with its server, and what to try if that fails. */
export interface Conversation<Options> {
  readonly converse: (text: string, server: Address, options: Options) => Promise<string>;
  readonly advise: (error: unknown, port: number) => readonly string[];
}

/** Adds the options of all clients; `port` names the kind of port that the server has. */
export function clientCommand(
  command: Command,
  { argument, port: usual }: ClientProgram,
  port = 'port',
): Command {
  return command
    .argument(`[${argument.name}]`, argument.description, argument.parse, argument.default)
    .option('--host <host>', 'the host of the server', hostName, '127.0.0.1')
    .option('--port <port>', `the ${port} of the server`, connectablePort, usual);
}

/** Runs a client from the command line: options, result on stdout, exit code. */
export async function runConversation<Options extends ClientOptions>(
  name: string,
  { argument, show = String }: ClientProgram,
  command: Command,
  { converse, advise }: Conversation<Options>,
): Promise<void> {
  const options = parseOrExit(addTraceOptions(command)).opts<Options>();
  const [text = argument.default] = command.processedArgs as string[];
  const { host, port } = options;
  try {
    endInWords(name);
    traceIfAsked(options, 'client', name);
    const result = await converse(text, { host, port }, options);
    out.write(`${show(result)}\n`);
  } catch (error) {
    complain(name, error, { advice: advise(error, port) });
    process.exitCode = 1;
  }
}
