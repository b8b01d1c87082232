import { createRequire } from 'node:module';
import type { Newable } from 'inversify';
import { LogPlace, type RequestLogger } from '../services/RequestLogger';
import type { Places } from '../socket/Places';
import type { SocketServer } from '../socket/SocketServer';
import { adviseServer } from './advice';
import { bannerOf } from './banner';
import { complain } from './complain';
import { ConsoleReport, QuietReport } from './ConsoleReport';
import { createServer } from './createServer';
import { affordableConnections } from './openFiles';
import { out } from './output';
import { stopOnSignals } from './signals';
import {
  readOptions,
  type ServerOptions,
  type ServerProgram,
  type Start,
  type Started,
} from './serverOptions';
import { traceIfAsked } from './tracing';

/** Loads a module only when it is needed. */
const loadLate = createRequire(__filename);

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
  const workers = loadLate('./workers') as typeof import('./workers');
  return workers.runWorkers(name, options, start);
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
  const loaded = loadLate('../services/RedisLogger') as typeof import('../services/RedisLogger');
  return loaded.RedisLogger;
}
