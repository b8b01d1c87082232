/** `npm start`: the lab's main job from beginning to end, in one terminal. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Another folder for the log, so that a test leaves none behind. */
const FOLDER = process.env['LAB_LOG_DIR'] ?? 'logs';

const NEXT = `
Now with two terminals (or one, with the & of the first line):
  npx ts-node src/DateServer.ts &
  npx ts-node src/DateClient.ts
then read src/DateServer.ts beside the slides: docs/slides.md shows the way.`;

type Program = ChildProcessByStdio<null, Readable, null>;

async function main(): Promise<void> {
  const older = new Set(await logFiles());

  const server = start('LoggingDateServer', '--port', '0', '--log-dir', FOLDER);
  const port = await listeningPort(server);
  if (port === undefined) {
    process.exitCode = 1; // the server has said why
    return;
  }
  const client = start('DateClient', '--port', port);
  const [code] = (await once(client, 'close')) as [number];
  server.kill('SIGTERM');
  await once(server, 'close');
  process.exitCode = code;

  for (const name of await logFiles()) {
    if (!older.has(name)) await show(path.join(FOLDER, name));
  }
  console.log(NEXT);
}

/** Starts one of the five programs, after saying how one does that by hand. */
function start(name: string, ...args: string[]): Program {
  const file = path.join('src', `${name}.ts`);
  console.log(`$ npx ts-node ${file} ${args.join(' ')}`);
  const program = spawn(process.execPath, ['-r', 'ts-node/register', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  program.stdout.pipe(process.stdout, { end: false });
  return program;
}

/** The port in a server's banner; none if it ends before it has one. */
async function listeningPort(server: Program): Promise<string | undefined> {
  for await (const line of createInterface(server.stdout)) {
    const port = /listening on .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  return undefined;
}

async function logFiles(): Promise<string[]> {
  return readdir(FOLDER).catch(() => []);
}

async function show(file: string): Promise<void> {
  console.log(`$ cat ${file}`);
  process.stdout.write(await readFile(file, 'utf8'));
}

void main();
