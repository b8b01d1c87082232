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

/** More workers would only wait for each other. */
const MOST_WORKERS = 64;

/** What is different in each server program. */
export interface ServerProgram {
  /** The default port. */
  readonly port: number;
  /** The default folder of its log, if it logs. */
  readonly logDir?: string;
  /** Its logger, if it is not the one of src/services/container.ts. */
  readonly logger?: Newable<RequestLogger>;
}

/** The command-line options of a server. */
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

/** Creates a server and starts it. */
export type StartServer = (options: ServerOptions) => Promise<Started & { address: Address }>;

/** Reads the command line of a server. After --help, and after a mistake, it ends the program. */
export function readOptions(name: string, program: ServerProgram): ServerOptions {
  const { maxConnections, idleTimeout } = DEFAULT_SERVER_LIMITS;
  const command = createCommand(name, `${name} of the Client/Server Communication lab.`)
    .option('--host <host>', 'the address to listen on', hostName, '127.0.0.1')
    .option('--port <port>', 'the port to listen on; 0: any free one', bindablePort, program.port)
    .option(
      '--max-connections <n>',
      'most open connections, if ulimit -Hn allows; more are closed',
      count,
      maxConnections,
    )
    .option(
      '--idle-timeout <s>',
      'silence after which a connection is closed; a very slow reader also counts as silent',
      seconds,
      idleTimeout / 1000,
    )
    .addOption(
      new Option(
        '--workers <n>',
        'processes that share the port and the log; --max-connections is divided among them',
      )
        .argParser(wholeNumberFrom(1, MOST_WORKERS))
        .default(1)
        .conflicts(['trace', 'traceAscii', 'traceFile']), // both draw the calls of one process
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
