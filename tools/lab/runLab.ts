import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  byTime,
  type CallRecord,
  ORIGIN,
  parseTrace,
  TraceError,
  type TraceRecord,
} from '../../src/trace/record';

/** The programs of each lab, by their files in src/. */
export const LABS: Readonly<Record<string, readonly [server: string, client: string]>> = {
  echo: ['EchoServer', 'EchoClient'],
  date: ['DateServer', 'DateClient'],
  logging: ['LoggingDateServer', 'DateClient'],
  'udp-echo': ['udp/UdpEchoServer', 'udp/UdpEchoClient'],
  'udp-date': ['udp/UdpDateServer', 'udp/UdpDateClient'],
};

/** The server's last calls come after the clients have ended, in so many ms. */
const LAST_CALLS_MS = 5000;
const POLL_MS = 20;
/** What was started ends with this program. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const BUILT = __filename.endsWith('.js');

/**
 * Runs the server of a lab and so many of its clients at once, and gives the records of all, in the
 * order of their time. How the server is stopped afterwards is not in it.
 * @throws TraceError when the server does not start.
 */
export async function runLab(name: string, clients: number): Promise<TraceRecord[]> {
  const [Server = '', Client = ''] = LABS[name] ?? [];
  const folder = mkdtempSync(path.join(tmpdir(), 'lab-trace-'));
  const env = { ...process.env, [ORIGIN]: String(process.hrtime.bigint()) };
  const files = Array.from({ length: clients }, (_, index) => path.join(folder, `${index}.jsonl`));
  const serverFile = path.join(folder, 'server.jsonl');
  const logs = name === 'logging' ? ['--log-dir', path.join(folder, 'logs')] : [];
  const server = start(Server, ['--port', '0', '--trace-file', serverFile, ...logs], env);
  try {
    const port = await portOf(server);
    const all = files.map((file) => start(Client, ['--port', port, '--trace-file', file], env));
    await Promise.all(all.map((client) => once(client, 'exit')));
    await lastCalls(serverFile, name.startsWith('udp') ? 0 : clients);
    return [serverFile, ...files].filter(existsSync).flatMap(recordsIn).sort(byTime);
  } finally {
    await end(server);
    rmSync(folder, { recursive: true });
  }
}

/** How a program of the project is started, by its path; `before` is loaded before it. */
export function commandOf(name: string, before?: string): string[] {
  const fileOf = (each: string) => path.join(__dirname, `../../${each}.${BUILT ? 'js' : 'ts'}`);
  const options = BUILT ? ['--enable-source-maps'] : ['-r', 'ts-node/register'];
  const preload = before === undefined ? [] : ['-r', fileOf(before)];
  return [process.execPath, ...options, ...preload, fileOf(name)];
}

function start(name: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const [node = '', ...command] = commandOf(`src/${name}`);
  const child = spawn(node, [...command, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/**
 * The port that a server says it has.
 * @throws TraceError when it ends before.
 */
export async function portOf(server: ChildProcess): Promise<string> {
  let printed = '';
  const ended = once(server, 'exit').then(() => undefined);
  for (;;) {
    const port = / on \S+:(\d+)\n/.exec(printed)?.[1];
    if (port !== undefined) return port;
    const news = server.stdout ? once(server.stdout, 'data') : ended;
    const data = await Promise.race([news, ended]);
    if (!data) throw new TraceError('the server did not start');
    printed += String(data[0]);
  }
}

/** Waits until the server has closed so many connections, as its trace says; not for ever. */
export async function lastCalls(file: string, connections: number): Promise<void> {
  const begun = performance.now();
  while (performance.now() - begun < LAST_CALLS_MS) {
    const closed = recordsIn(file).filter(
      (record) => isCall(record) && record.call === 'close' && record.phase === 'return',
    );
    if (closed.length >= connections) return;
    await setTimeout(POLL_MS);
  }
}

function recordsIn(file: string): TraceRecord[] {
  return parseTrace(readFileSync(file, 'utf8'));
}

function isCall(record: TraceRecord): record is CallRecord {
  return record.type === 'call';
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}
