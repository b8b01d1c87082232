import type { Command } from 'commander';
import { formatAddress } from '../socket/Address';
import { DEFAULT_CLIENT_LIMITS, type SocketClient } from '../socket/SocketClient';
import { adviseClient } from './advice';
import { complain, say } from './complain';
import {
  connectablePort,
  createCommand,
  hostName,
  parseOrExit,
  seconds,
  secondsOrNone,
} from './options';
import { out } from './output';
import { addTraceOptions, traceIfAsked, type TraceOptions } from './tracing';

/** What differs from one client program to the other. */
export interface ClientProgram {
  /** The name of its server. */
  readonly server: string;
  /** The port it connects to unless told otherwise. */
  readonly port: number;
  /** What it says to the server. */
  readonly argument: {
    readonly name: string;
    readonly description: string;
    readonly default: string;
    /** Refuses what can't be said. */
    readonly parse: (text: string) => string;
  };
  /** What it prints of the result. */
  readonly show: (result: string) => string;
}

type ClientClass = new (text: string) => SocketClient<string>;

interface Options extends TraceOptions {
  host: string;
  port: number;
  /** s */
  wait: number;
  /** s */
  timeout: number;
}

/** Runs a client from the command line: options, result on stdout, exit code. */
export function runClient(Client: ClientClass, program: ClientProgram): void {
  const command = addTraceOptions(clientCommand(Client.name, program));
  const options = parseOrExit(command).opts<Options>();
  const [text = program.argument.default] = command.processedArgs as string[];
  void converse(Client, program, text, options);
}

function clientCommand(name: string, program: ClientProgram): Command {
  const { argument } = program;
  const { wait, timeout } = DEFAULT_CLIENT_LIMITS;
  return createCommand(name, `${name} of the Client/Server Communication lab.`)
    .argument(`[${argument.name}]`, argument.description, argument.parse, argument.default)
    .option('--host <host>', 'the host of the server', hostName, '127.0.0.1')
    .option('--port <port>', 'the port of the server', connectablePort, program.port)
    .option('--wait <s>', 'how long to wait for a server to start', secondsOrNone, wait / 1000)
    .option('--timeout <s>', 'how long to wait for an answer', seconds, timeout / 1000);
}

async function converse(
  Client: ClientClass,
  program: ClientProgram,
  text: string,
  options: Options,
): Promise<void> {
  const { host, port, wait, timeout } = options;
  const address = { host, port };
  const limits = { wait: wait * 1000, timeout: timeout * 1000 };
  const waiting = () => {
    const where = formatAddress(address);
    say(`${Client.name}: no server on ${where} yet, waiting ${wait} s for it`);
  };
  try {
    traceIfAsked(options, 'client', Client.name);
    const result = await new Client(text).run(address, { limits, report: { waiting } });
    out.write(`${program.show(result)}\n`);
  } catch (error) {
    complain(Client.name, error, { advice: adviseClient(Client.name, program, port, error) });
    process.exitCode = 1;
  }
}
