import { RequestNotLogged } from '../services/RequestLogger';
import { SocketError } from '../socket/SocketError';
import { codeOf } from '../text/errno';
import { startOf } from '../text/startedAs';
import { command } from '../text/wrap';

/** What to try after a server could not start; `log` is the URL that it was to log to, if any. */
export function adviseServer(program: string, error: unknown, log?: string): string[] {
  const run = (options: string) => command(`${startOf(program)} ${options}`);
  if (error instanceof RequestNotLogged && log !== undefined) {
    if (/WRONGPASS|NOAUTH/.test(error.message)) {
      const { host, protocol } = new URL(log);
      return [`give it the password: ${run(`--log ${protocol}//:PASSWORD@${host}`)}`];
    }
    const start = `start it in another terminal: ${command('redis-server')}`;
    return [start, `log into files: ${run('--log-dir my-logs')}`];
  }
  if (error instanceof RequestNotLogged) return [`another folder: ${run('--log-dir my-logs')}`];
  const ownAddress = `this machine's own address: ${run('--host 127.0.0.1')}`;
  const isTimeWait = error instanceof Error && error.message.includes('TIME_WAIT');
  return adviceFor(error, {
    EADDRINUSE: [
      isTimeWait
        ? 'wait until that time is over (docs/port-in-use.md)'
        : 'stop the other one first; most often it is your own earlier server (docs/port-in-use.md)',
      `any free port: ${run('--port 0')} and then give the client the port from the first line, with ${command('--port')}`,
    ],
    EACCES: [`any free port from 1024 up: ${run('--port 0')}`],
    EADDRNOTAVAIL: [ownAddress],
    ENOTFOUND: [ownAddress],
    EAI_AGAIN: [ownAddress],
  });
}

/** Which server a client is for, and the port that it has unless told otherwise. */
export interface ServerOf {
  readonly server: string;
  readonly port: number;
}

/** What to try after a client failed that had asked the server on this port. */
export function adviseClient(
  program: string,
  { server, port: usual }: ServerOf,
  port: number,
  error: unknown,
): string[] {
  const elsewhere = isElsewhere(error) ? ['see docs/other-machines.md: what it means there'] : [];
  const start = startIt({ server, port: usual }, port);
  const isPortRight = `see whether ${port} is the right port: the first line of ${server} says which it has (usually ${usual})`;
  const here = [`a server on this machine: ${command(`${startOf(program)} --host 127.0.0.1`)}`];
  const whoIsThere = `see whether it is ${server} that has port ${port}, and what it says in its terminal`;
  return adviceFor(error, {
    ECONNREFUSED: [...elsewhere, ...(port === usual ? [] : [isPortRight]), start],
    ENOTFOUND: here,
    ENETUNREACH: [...elsewhere, ...here],
    EHOSTUNREACH: [...elsewhere, ...here],
    EACCES: here,
    EAI_AGAIN: here,
    EADDRNOTAVAIL: [
      'wait until some of the connections there are over: each holds a local port, for a while also after its end',
    ],
    ETIMEDOUT: [
      ...elsewhere,
      `see whether the server is stopped with Ctrl-Z: type ${command('fg')} in its terminal, then Ctrl-C to end it`,
      `see whether it is ${server} that has port ${port}; to wait longer, add ${command('--timeout 60')}`,
    ],
    ECONNRESET: [whoIsThere],
    EOF: [whoIsThere],
    EREMOTEIO: ['a shorter question, or see what the server says in its terminal'],
    EBADMSG: [whoIsThere],
    EMSGSIZE: [whoIsThere],
  });
}

/** Whether a connection was tried to another machine than this one. */
function isElsewhere(error: unknown): boolean {
  if (!(error instanceof SocketError) || error.call !== 'connect') return false;
  const { host = '127.0.0.1' } = error.address ?? {};
  return !/^(?:127\.|::1$|localhost$)/.test(host);
}

/** How to start a server that a client did not find on this port. */
export function startIt({ server, port: usual }: ServerOf, port: number): string {
  const option = port === usual ? '' : ` --port ${port}`;
  return `start the server in another terminal: ${command(`${startOf(server)}${option}`)}`;
}

function adviceFor(error: unknown, advice: Record<string, string[]>): string[] {
  return advice[codeOf(error) ?? ''] ?? [];
}
