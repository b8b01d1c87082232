import type { Newable } from 'inversify';
import { LogFolder } from '../services/NumberedFileLogger';
import { formatAddress } from '../socket/Address';
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
  seconds,
} from './options';
import { out } from './output';
import { stopOnSignals } from './signals';

/** What differs from one server program to the other. */
export interface ServerProgram {
  /** The port it listens on unless told otherwise. */
  readonly port: number;
  /** The folder it logs into unless told otherwise, if it logs. */
  readonly logDir?: string;
}

interface Options {
  host: string;
  port: number;
  maxConnections: number;
  /** s */
  idleTimeout: number;
  quiet?: true;
  logDir?: string;
}

/** Runs a server from the command line: options, banner, signals, exit code. */
export function runServer(Server: Newable<SocketServer>, program: ServerProgram): void {
  const options = readOptions(Server.name, program);
  void serve(Server, options);
}

function readOptions(name: string, program: ServerProgram): Options {
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
    .option('--quiet', 'do not print a line for each connection');
  if (program.logDir !== undefined) {
    command.option('--log-dir <folder>', 'where the log files go', notEmpty, program.logDir);
  }
  return parseOrExit(command).opts<Options>();
}

async function serve(Server: Newable<SocketServer>, options: Options): Promise<void> {
  const { host, port, maxConnections, idleTimeout, quiet, logDir = '' } = options;
  try {
    const server = await createServer(Server, new LogFolder(logDir));
    const address = await server.start(
      { host, port },
      {
        limits: {
          maxConnections: affordableConnections(maxConnections),
          idleTimeout: idleTimeout * 1000,
        },
        report: quiet ? new QuietReport(Server.name) : new ConsoleReport(Server.name),
      },
    );
    stopOnSignals(Server.name, server);
    out.write(
      `${Server.name} listening on ${formatAddress(address)}\n` +
        `Stop it with Ctrl-C, or from any terminal with: ${killCommand()} ${process.pid}\n`,
    );
  } catch (error) {
    complain(Server.name, error, { advice: adviseServer(Server.name, error) });
    process.exitCode = 1;
  }
}

function killCommand(): string {
  return process.platform === 'win32' ? 'taskkill /F /PID' : 'kill';
}
