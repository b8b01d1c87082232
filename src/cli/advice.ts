import { RequestNotLogged } from '../services/RequestLogger';
import { codeOf } from '../text/errno';
import { err } from './output';

/** Says one thing to try after a server could not start. */
export function adviseServer(program: string, error: unknown): void {
  const command = `npx ts-node src/${program}.ts`;
  if (error instanceof RequestNotLogged) {
    err.write(`Try: another folder, with: ${command} --log-dir my-logs\n`);
    return;
  }
  advise(error, {
    EADDRINUSE: `another port, with: ${command} --port 0   (README.md: "What holds a port?")`,
    EACCES: `a port from 1024 up, with: ${command} --port 0   (any free one)`,
    EADDRNOTAVAIL: `this machine's own address, with: ${command} --host 127.0.0.1`,
    ENOTFOUND: `this machine's own address, with: ${command} --host 127.0.0.1`,
    EAI_AGAIN: `this machine's own address, with: ${command} --host 127.0.0.1`,
  });
}

/** Says one thing to try after a client failed. */
export function adviseClient(program: string, server: string, port: number, error: unknown): void {
  const here = `npx ts-node src/${program}.ts --host 127.0.0.1`;
  const start = `npx ts-node src/${server}.ts --port ${port} &`;
  advise(error, {
    ECONNREFUSED: `start the server first, with: ${start}`,
    ENOTFOUND: `a server on this machine, with: ${here}`,
    ENETUNREACH: `a server on this machine, with: ${here}`,
    EHOSTUNREACH: `a server on this machine, with: ${here}`,
    EACCES: `a server on this machine, with: ${here}`,
    EAI_AGAIN: `a server on this machine, with: ${here}`,
    EADDRNOTAVAIL: `a server on this machine, with: ${here}`,
    ETIMEDOUT: `see whether it is ${server} that has this port; to wait longer, add: --timeout 60`,
    ECONNRESET: `see whether it is ${server} that has this port, and what the server says on its terminal`,
    EOF: `see whether it is ${server} that has this port, and what the server says on its terminal`,
    EREMOTEIO: `a shorter question, or see what the server says on its terminal`,
    EBADMSG: `see whether it is ${server} that has this port`,
    EMSGSIZE: `see whether it is ${server} that has this port`,
  });
}

function advise(error: unknown, advice: Record<string, string>): void {
  const text = advice[codeOf(error) ?? ''];
  if (text !== undefined) err.write(`Try: ${text}\n`);
}
