import { createRequire } from 'node:module';
import type { Newable } from 'inversify';
import { LogTarget, type RequestLogger } from '../services/RequestLogger';
import { formatAddress } from '../socket/Address';
import type { SocketServer } from '../socket/SocketServer';
import { ConsoleReport, QuietReport } from './ConsoleReport';
import { createServer } from './createServer';
import { launch } from './launch';
import { affordableConnections } from './openFiles';
import {
  readOptions,
  type ServerOptions,
  type ServerProgram,
  type StartServer,
} from './serverOptions';

/** Loads a module only when it is needed. */
const loadLate = createRequire(__filename);

/** Runs a server from the command line: options, banner, signals, exit code. */
export function runServer(Server: Newable<SocketServer>, program: ServerProgram): void {
  const { name } = Server;
  const options = readOptions(name, program);
  const start: StartServer = (each) => startServer(Server, each, program.logger);
  if (options.workers > 1) void runWorkers(name, options, start);
  else void launch({ name, log: options.log }, options, () => start(options));
}

/** Several processes. The module is loaded only for them. */
function runWorkers(name: string, options: ServerOptions, start: StartServer): Promise<void> {
  const workers = loadLate('./workers') as typeof import('./workers');
  return workers.runWorkers(name, options, start);
}

async function startServer(
  Server: Newable<SocketServer>,
  options: ServerOptions,
  Logger?: Newable<RequestLogger>,
): ReturnType<StartServer> {
  const { host, port, maxConnections, idleTimeout, quiet, log, logDir = '' } = options;
  const { name } = Server;
  const server = await (log === undefined
    ? createServer(Server, new LogTarget(logDir), Logger)
    : createServer(Server, new LogTarget(log), redisLogger()));
  const limits = {
    maxConnections: affordableConnections(maxConnections),
    idleTimeout: idleTimeout * 1000,
  };
  const report = quiet ? new QuietReport(name) : new ConsoleReport(name);
  const address = await server.start({ host, port }, { limits, report });
  return { server, address, banner: `${name} listening on ${formatAddress(address)}` };
}

/** Redis's client takes time to load, so only a server with --log loads it. */
function redisLogger(): Newable<RequestLogger> {
  const loaded = loadLate('../services/RedisLogger') as typeof import('../services/RedisLogger');
  return loaded.RedisLogger;
}
