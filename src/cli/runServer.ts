import { createRequire } from 'node:module';
import { Option } from 'commander';
import type { Newable } from 'inversify';
import { LogPlace, type RequestLogger } from '../services/RequestLogger';
import { type Address, formatAddress } from '../socket/Address';
import type { Places } from '../socket/Places';
import { DEFAULT_SERVER_LIMITS } from '../socket/ServerLimits';
import type { SocketServer } from '../socket/SocketServer';
import { adviseServer } from './advice';
import { complain } from './complain';
import { ConsoleReport, QuietReport } from './ConsoleReport';
import { createServer } from './createServer';
import { affordableConnections } from './openFiles';
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
import { out } from './output';
import { stopOnSignals } from './signals';
import { addTraceOptions, traceIfAsked, type TraceOptions } from './tracing';

/** Loads a module only when it is needed. */
const loadLate = createRequire(__filename);
/** More would only wait for each other. */
const MOST_WORKERS = 64;

/** What differs from one server program to the other. */
export interface ServerProgram {
  /** The port it listens on unless told otherwise. */
  readonly port: number;
  /** The folder it logs into unless told otherwise, if it logs. */
  readonly logDir?: string;
  /** How it logs, unless as src/container.ts has it. */
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

/** Makes a server and starts it. When that fails it says why, and gives nothing. */
export type Start = (options: ServerOptions, places?: Places) => Promise<Started | undefined>;

export interface Started {
  readonly server: SocketServer;
  readonly address: Address;
}

type RunWorkers = (name: string, options: ServerOptions, start: Start) => Promise<void>;

/** Runs a server from the command line: options, banner, signals, exit code. */
export function runServer(Server: Newable<SocketServer>, program: ServerProgram): void {
  const { name } = Server;
  const options = readOptions(name, program);
  const start: Start = (each, places) => startServer(Server, each, program.logger, places);
  void (options.workers === 1 ? runAlone(name, options, start) : runWorkers(name, options, start));
}

async function runAlone(name: string, options: ServerOptions, start: Start): Promise<void> {
  const started = await start(options);
  if (!started) return;
  stopOnSignals(name, started.server);
  out.write(bannerOf(name, started.address));
}

/** Several processes: nothing of that is loaded otherwise. */
function runWorkers(name: string, options: ServerOptions, start: Start): Promise<void> {
  const workers = loadLate('./workers') as { runWorkers: RunWorkers };
  return workers.runWorkers(name, options, start);
}

function readOptions(name: string, program: ServerProgram): ServerOptions {
  const { maxConnections, idleTimeout } = DEFAULT_SERVER_LIMITS;
  const command = createCommand(name, `${name} of the Client/Server Communication lab.`)
    .option('--host <host>', 'the address to listen on', hostName, '127.0.0.1')
    .option('--port <port>', 'the port to listen on; 0: any free one', bindablePort, program.port)
    .option(
      '--max-connections <n>',
      'open connections, if ulimit -n allows; one more is closed',
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
      new Option('--workers <n>', 'processes that share the port, the log and --max-connections')
        .argParser(wholeNumberFrom(1, MOST_WORKERS))
        .default(1)
        .conflicts(['trace', 'traceFile']), // which draw the calls of one process
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

async function startServer(
  Server: Newable<SocketServer>,
  options: ServerOptions,
  Logger?: Newable<RequestLogger>,
  places?: Places,
): Promise<Started | undefined> {
  const { host, port, maxConnections, idleTimeout, quiet, log, logDir = '' } = options;
  try {
    traceIfAsked(options, 'server', Server.name);
    const server = await (log === undefined
      ? createServer(Server, new LogPlace(logDir), Logger)
      : createServer(Server, new LogPlace(log), redisLogger()));
    const address = await server.start(
      { host, port },
      {
        limits: {
          maxConnections: affordableConnections(maxConnections),
          idleTimeout: idleTimeout * 1000,
        },
        report: quiet ? new QuietReport(Server.name) : new ConsoleReport(Server.name),
        places,
      },
    );
    return { server, address };
  } catch (error) {
    complain(Server.name, error, { advice: adviseServer(Server.name, error, log) });
    process.exitCode = 1;
    return undefined;
  }
}

/** Redis's client takes time to load: only who asks for it has it. */
function redisLogger(): Newable<RequestLogger> {
  const loaded = loadLate('../services/RedisLogger') as { RedisLogger: Newable<RequestLogger> };
  return loaded.RedisLogger;
}

/** What a server says as soon as it can be connected to. */
export function bannerOf(name: string, address: Address): string {
  return `${name} listening on ${formatAddress(address)}\n${howToStop()}\n`;
}

/** The second line of a banner. */
export function howToStop(): string {
  const kill = process.platform === 'win32' ? 'taskkill /F /PID' : 'kill';
  return `Stop it with Ctrl-C, or from any terminal with: ${kill} ${process.pid}`;
}
