import { Option } from 'commander';
import type { Newable } from 'inversify';
import type { RequestLogger } from '../services/RequestLogger';
import type { Address } from '../socket/Address';
import { DEFAULT_SERVER_LIMITS } from '../socket/ServerLimits';
import type { Started } from './launch';
import {
  bindablePort,
  count,
  createCommand,
  hostName,
  notEmpty,
  parseOrExit,
  redisUrl,
  seconds,
  wholeNumberFrom,
} from './options';
import { addTraceOptions, type TraceOptions } from './tracing';

/** More would only wait for each other. */
const MOST_WORKERS = 64;

/** What differs from one server program to the other. */
export interface ServerProgram {
  /** The port it listens on unless told otherwise. */
  readonly port: number;
  /** The folder it logs into unless told otherwise, if it logs. */
  readonly logDir?: string;
  /** How it logs, unless as src/services/container.ts has it. */
  readonly logger?: Newable<RequestLogger>;
}

/** What the command line of a server says. */
export interface ServerOptions extends TraceOptions {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  /** s */
  readonly idleTimeout: number;
  readonly workers: number;
  readonly quiet?: true;
  readonly logDir?: string;
  /** The URL of a Redis. */
  readonly log?: string;
}

/** Makes a server and starts it. */
export type StartServer = (options: ServerOptions) => Promise<Started & { address: Address }>;

/** Reads the command line of a server; when nothing is left to do, ends the program. */
export function readOptions(name: string, program: ServerProgram): ServerOptions {
  const { maxConnections, idleTimeout } = DEFAULT_SERVER_LIMITS;
  const command = createCommand(name, `${name} of the Client/Server Communication lab.`)
    .option('--host <host>', 'the address to listen on', hostName, '127.0.0.1')
    .option('--port <port>', 'the port to listen on; 0: any free one', bindablePort, program.port)
    .option(
      '--max-connections <n>',
      'open connections, if ulimit -Hn allows; one more is closed',
      count,
      maxConnections,
    )
    .option(
      '--idle-timeout <s>',
      'silence after which a connection is closed; a slow reader, too, is silent while it takes what the system has for it',
      seconds,
      idleTimeout / 1000,
    )
    .addOption(
      new Option(
        '--workers <n>',
        'processes that share the port and the log; each has its part of --max-connections',
      )
        .argParser(wholeNumberFrom(1, MOST_WORKERS))
        .default(1)
        .conflicts(['trace', 'traceAscii', 'traceFile']), // which draw the calls of one process
    )
    .option('--quiet', 'do not print a line for each connection');
  if (program.logDir !== undefined) {
    command
      .option('--log-dir <folder>', 'where the log files go', notEmpty, program.logDir)
      .addOption(
        new Option('--log <url>', 'log into a Redis instead, as redis://127.0.0.1:6379')
          .argParser(redisUrl)
          .conflicts('logDir'),
      );
  }
  return parseOrExit(addTraceOptions(command)).opts<ServerOptions>();
}
