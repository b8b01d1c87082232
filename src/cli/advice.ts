import { RequestNotLogged } from '../services/RequestLogger';
import { SocketError } from '../socket/SocketError';
import { codeOf } from '../text/errno';
import { startOf } from '../text/startedAs';
import { command } from '../text/wrap';

/** What to try after a server could not start; `log` is the URL that it should log to, if any. */
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
        : 'stop the other program first; most often it is your own earlier server (docs/port-in-use.md)',
      `any free port: ${run('--port 0')} and then give the client the port from the first line, with ${command('--port')}`,
    ],
    EACCES: [`any free port from 1024 up: ${run('--port 0')}`],
    EADDRNOTAVAIL: [ownAddress],
    ENOTFOUND: [ownAddress],
    EAI_AGAIN: [ownAddress],
  });
}

/** The server of a client, and its default port. */
export interface ServerOf {
  readonly server: string;
  readonly port: number;
}

/** What to try after a client failed; `port` is the port of the server that it asked. */
export function adviseClient(
  program: string,
  { server, port: usual }: ServerOf,
  port: number,
  error: unknown,
): string[] {
  const elsewhere = isElsewhere(error) ? ['docs/other-machines.md explains what this means'] : [];
  const start = startIt({ server, port: usual }, port);
  const isPortRight = `check the port: the first line of ${server} shows its port (usually ${usual}), and you asked ${port}`;
  const here = [`a server on this machine: ${command(`${startOf(program)} --host 127.0.0.1`)}`];
  const whoIsThere = `check that ${server} is the program on port ${port}, and read what it prints in its terminal`;
  return adviceFor(error, {
    ECONNREFUSED: [...elsewhere, ...(port === usual ? [] : [isPortRight]), start],
    ENOTFOUND: here,
    ENETUNREACH: [...elsewhere, ...here],
    EHOSTUNREACH: [...elsewhere, ...here],
    EACCES: here,
    EAI_AGAIN: here,
    EADDRNOTAVAIL: [
      'wait until some of the connections there have ended: each one holds a local port, even for some time after its end',
    ],
    ETIMEDOUT: [
      ...elsewhere,
      `check whether Ctrl-Z stopped the server: type ${command('fg')} in its terminal, then press Ctrl-C to end it`,
      `check that ${server} is the program on port ${port}; to wait longer, add ${command('--timeout 60')}`,
    ],
    ECONNRESET: [whoIsThere],
    EOF: [whoIsThere],
    EREMOTEIO: ['send a shorter question, or read what the server prints in its terminal'],
    EBADMSG: [whoIsThere],
    EMSGSIZE: [whoIsThere],
  });
}

/** Whether the connection was to another machine. */
function isElsewhere(error: unknown): boolean {
  if (!(error instanceof SocketError) || error.call !== 'connect') return false;
  const { host = '127.0.0.1' } = error.address ?? {};
  return !/^(?:127\.|::1$|localhost$)/.test(host);
}

/** How to start the server that a client did not find on this port. */
export function startIt({ server, port: usual }: ServerOf, port: number): string {
  const option = port === usual ? '' : ` --port ${port}`;
  return `start the server in another terminal: ${command(`${startOf(server)}${option}`)}`;
}

function adviceFor(error: unknown, advice: Record<string, string[]>): string[] {
  return advice[codeOf(error) ?? ''] ?? [];
}
