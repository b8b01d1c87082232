/** `npm start`: the lab's main job from beginning to end, in one terminal. */
import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { endWithReader } from './lab/endWithReader';
import { LabProgram } from './lab/LabProgram';

/** Another folder for the log, so that a test leaves none behind. */
const FOLDER = process.env['LAB_LOG_DIR'] ?? 'logs';

const NEXT = `
Now with two terminals (or one, with the & of the first line):
  npx ts-node src/DateServer.ts &
  npx ts-node src/DateClient.ts
then read src/DateServer.ts next to the slides: docs/slides.md shows the way.`;

async function main(): Promise<void> {
  const older = new Set(await logFiles());

  const server = start('LoggingDateServer', '--port', '0', '--log-dir', FOLDER);
  const port = await server.port().catch(() => undefined);
  if (port === undefined) {
    process.exitCode = 1; // the server has said why
    return;
  }
  const client = start('DateClient', '--port', String(port));
  await client.closed;
  await server.stop();
  process.exitCode = client.child.exitCode ?? 1;

  for (const name of await logFiles()) {
    if (!older.has(name)) await show(path.join(FOLDER, name));
  }
  console.log(NEXT);
}

/** Starts one of the five programs, after saying how one does that by hand. */
function start(name: string, ...args: string[]): LabProgram {
  console.log(`$ npx ts-node ${path.join('src', `${name}.ts`)} ${args.join(' ')}`);
  const program = LabProgram.start(name, args);
  program.child.stdout?.pipe(process.stdout, { end: false });
  return program;
}

async function logFiles(): Promise<string[]> {
  return readdir(FOLDER).catch(() => []);
}

async function show(file: string): Promise<void> {
  console.log(`$ cat ${file}`);
  process.stdout.write(await readFile(file, 'utf8'));
}

endWithReader();
void main();
