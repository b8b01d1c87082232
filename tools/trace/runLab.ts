import { existsSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { byTime, ORIGIN, parseTrace, type TraceRecord } from '../../src/trace/record';
import { LabProgram } from '../lab/LabProgram';
import { PAIRS } from '../lab/pairs';
import { temporaryFolder } from '../lab/temporaryFolder';

/** The server's last calls come after the clients have ended, in at most this many ms. */
const LAST_CALLS_MS = 5000;
const POLL_MS = 20;
/** What was started ends with this program. */
const running = new Set<LabProgram>();
process.once('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});

/**
 * Runs the server of a lab and some of its clients at the same time, and gives the records of all, in
 * the order of their time. How the server is stopped afterwards is not in it.
 * @throws ProgramEnded when the server does not start.
 */
export async function runLab(name: string, clients: number): Promise<TraceRecord[]> {
  const [Server = '', Client = ''] = PAIRS[name] ?? [];
  const folder = temporaryFolder('trace');
  const env = { ...process.env, [ORIGIN]: String(process.hrtime.bigint()) };
  const files = Array.from({ length: clients }, (_, index) => path.join(folder, `${index}.jsonl`));
  const serverFile = path.join(folder, 'server.jsonl');
  const logs = name === 'logging' ? ['--log-dir', path.join(folder, 'logs')] : [];
  const server = start(Server, ['--port', '0', '--trace-file', serverFile, ...logs], env);
  try {
    const port = String(await server.port());
    const all = files.map((file) => start(Client, ['--port', port, '--trace-file', file], env));
    await Promise.all(all.map(({ closed }) => closed));
    await lastCalls(serverFile, name.startsWith('udp') ? 0 : clients);
    return [serverFile, ...files].filter(existsSync).flatMap(recordsIn).sort(byTime);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

function start(name: string, args: readonly string[], env: NodeJS.ProcessEnv): LabProgram {
  const program = LabProgram.startOwn(name, args, { env });
  running.add(program);
  void program.closed.then(() => running.delete(program));
  return program;
}

/** Waits until the server has closed this many connections, as its trace says; not for ever. */
export async function lastCalls(file: string, connections: number): Promise<void> {
  const begun = performance.now();
  while (performance.now() - begun < LAST_CALLS_MS) {
    const closed = recordsIn(file).filter(
      (record) => record.type === 'call' && record.call === 'close' && record.phase === 'return',
    );
    if (closed.length >= connections) return;
    await setTimeout(POLL_MS);
  }
}

function recordsIn(file: string): TraceRecord[] {
  return parseTrace(readFileSync(file, 'utf8'));
}
