import { adviseServer } from './advice';
import { complain } from './complain';
import { out } from './Output';
import { type Stoppable, stopOnSignals } from './signals';
import { endInWords, goOnAfterForgottenAwait } from './slips';
import { traceIfAsked, type TraceOptions } from './tracing';

/** A running server, and the first line that it prints. */
export interface Started {
  readonly server: Stoppable;
  /** `EchoServer listening on 127.0.0.1:65432` */
  readonly banner: string;
}

/** The names that a program uses in its message when it could not start. */
interface Launch {
  /** The program's class, and its path in src/. */
  readonly name: string;
  readonly file?: string;
  /** The URL that it logs to, if any. */
  readonly log?: string | undefined;
}

/** Starts a server from the command line, prints its banner, and stops it on a signal. */
export async function launch<Server extends Started>(
  about: Launch,
  options: TraceOptions,
  start: () => Promise<Server>,
): Promise<void> {
  const started = await startOrComplain(about, options, start);
  if (!started) return;
  stopOnSignals(about.name, started.server);
  out.write(`${started.banner}\n${howToStop()}\n`);
}

/** Starts a server. If that fails, it prints why and returns undefined. */
export async function startOrComplain<Server>(
  { name, file = name, log }: Launch,
  options: TraceOptions,
  start: () => Promise<Server>,
): Promise<Server | undefined> {
  try {
    traceIfAsked(options, 'server', name);
    endInWords(name);
    goOnAfterForgottenAwait(name);
    return await start();
  } catch (error) {
    complain(name, error, { advice: adviseServer(file, error, log) });
    process.exitCode = 1;
    return undefined;
  }
}

/** The second line of a banner. */
export function howToStop(): string {
  const kill = process.platform === 'win32' ? 'taskkill /F /PID' : 'kill';
  return `Stop it with Ctrl-C, or from any terminal with: ${kill} ${process.pid}`;
}
