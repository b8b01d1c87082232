import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { cleanUp } from '../../helpers/cleanUp';
import { hasCommand, itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { check, freshFolder, upTo } from './checking';

const GALLERY = path.join(ROOT, 'test/tools/kit/gallery');
/** Debian has both: the first is its default. */
const NETCATS = ['nc.openbsd', 'nc.traditional'];

/** A program of the gallery, the stage that fails, and what its `try` line looks like. */
const TRIES: [program: string, file: string, stage: number, line: RegExp][] = [
  ['echo-server', 'echo/no_listen', 1, /^nc -vz 127/],
  ['echo-server', 'echo/adds_newline', 2, /^printf 'Hello, world' \| nc/],
  ['echo-server', 'echo/never_closes', 5, /^printf 'bye' \| nc/],
  ['date-server', 'date/yesterday', 3, /^printf 'What time is it\?\\n' \| nc/],
];

/** Runs a line as a learner pastes it, with this nc; it must end by itself. */
async function pasted(line: string, nc: string): Promise<string> {
  const folder = freshFolder();
  symlinkSync(`/bin/${nc}`, path.join(folder, 'nc'));
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  const shell = spawn('sh', ['-c', line], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let printed = '';
  for (const output of [shell.stdout, shell.stderr])
    output.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await once(shell, 'close');
  return printed;
}

/** Resolves when the program takes connections. */
async function listens(port: number): Promise<void> {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => {
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    socket.destroy();
    if (isThere) return;
    await setTimeout(20);
  }
}

describe("The kit's try lines", function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  for (const [program, file, stage, form] of TRIES)
    itWith('nc', `end by themselves: ${file}.py`, async () => {
      const python = ['python3', path.join(GALLERY, `${file}.py`)];
      const { stages } = await check(program, ...upTo(stage), '--', ...python, '{port}');
      const line = stages.find(({ status }) => status === 'failed')?.try ?? '';
      expect(line).to.match(form);

      const port = /\d+$/.exec(line)?.[0] ?? '';
      new Program(python[0] ?? '', [...python.slice(1), port]);
      if (stage > 1) await listens(Number(port));
      const printed = await Promise.all(NETCATS.filter(hasCommand).map((nc) => pasted(line, nc)));
      expect(printed.join()).not.to.match(/usage|invalid option/i);
    });
});
