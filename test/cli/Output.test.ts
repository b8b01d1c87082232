import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Output } from '../../src/cli/Output';
import { commandOf } from '../../tools/lab/LabProgram';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { temporaryFolder } from '../helpers/temporaryFolder';
import { itOnLinux } from '../helpers/itOnLinux';

/** Both ends of a pipe: reading and writing. */
async function pipe(): Promise<[read: number, write: number]> {
  const name = path.join(await temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [name]);
  const ends: [number, number] = [
    fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK),
    fs.openSync(name, fs.constants.O_WRONLY),
  ];
  afterwards(() => {
    for (const end of ends) fs.closeSync(end);
  });
  return ends;
}

/** Reads what is there, until a text comes. */
async function readUntil(fd: number, text: string): Promise<string> {
  let all = '';
  const part = Buffer.alloc(65_536);
  while (!all.includes(text)) {
    try {
      all += part.toString('utf8', 0, fs.readSync(fd, part));
    } catch (error) {
      expect(error).to.have.property('code', 'EAGAIN');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return all;
}

const neverCalled = (error: unknown) => {
  throw error;
};

describe('Output', () => {
  afterEach(cleanUp);

  itOnLinux('/proc', 'writes immediately what can be written', async () => {
    const [read, write] = await pipe();
    const output = new Output(write, neverCalled);

    output.write('grüß ');
    output.write('dich\n');

    expect(await readUntil(read, '\n')).to.equal('grüß dich\n');
  });

  itOnLinux(
    '/proc',
    'does not wait for a reader that takes nothing: it keeps a little and counts the rest',
    async () => {
      const [read, write] = await pipe();
      const output = new Output(write, neverCalled);
      const line = `${'x'.repeat(1023)}\n`;

      for (let count = 0; count < 1000; count++) output.write(line); // a pipe holds 64 KiB

      const all = await readUntil(read, 'the terminal or the reader was too slow\n');
      const lines = all.split('\n').slice(0, -1);
      const last =
        /^\.\.\. (\d+) lines were not shown: the terminal or the reader was too slow$/.exec(
          lines.pop() ?? '',
        );
      expect(lines.every((shown) => shown.length === 1023)).to.equal(true);
      expect(lines.length).to.be.within(100, 200);
      expect(Number(last?.[1])).to.equal(1000 - lines.length);
      output.write('and on\n');
      expect(await readUntil(read, '\n')).to.equal('and on\n');
    },
  );

  itOnLinux('/proc', 'writes a long text whole, as soon as it is taken', async () => {
    const [read, write] = await pipe();
    const text = `${'y'.repeat(500_000)}\n`;

    new Output(write, neverCalled).write(text);

    expect((await readUntil(read, '\n')) === text).to.equal(true);
  });

  itOnLinux('/dev/full', 'reports once that a disk is full', () => {
    const full = fs.openSync('/dev/full', fs.constants.O_WRONLY);
    afterwards(() => {
      fs.closeSync(full);
    });
    const failures: unknown[] = [];
    const output = new Output(full, (error) => failures.push(error));

    output.write('one\n');
    output.write('two\n');

    expect(failures).to.have.length(1);
    expect(failures[0]).to.have.property('code', 'ENOSPC');
  });

  it('forgives a reader that went away', async () => {
    const name = path.join(await temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [name]);
    const read = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const write = fs.openSync(name, fs.constants.O_WRONLY);
    afterwards(() => {
      fs.closeSync(write);
    });
    const output = new Output(write, neverCalled);

    fs.closeSync(read);

    output.write('lost\n');
  });

  it('forgives it on Windows, too, where a stream of Node writes', async () => {
    const [file = '', ...args] = commandOf('test/cli/printer', 'test/cli/asOnWindows');
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    afterwards(() => child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.on('error', () => undefined); // it is gone, if it is not forgiven
    child.stdin.end('x');

    expect((await exited)[0]).to.equal(7);
  });
});
