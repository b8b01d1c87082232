import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type CallRecord, parseTrace, type SourceLine } from '../../../src/trace/record';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { itOnLinux, itWith } from '../../helpers/itOnLinux';
import { killAllWith, processesWith } from '../../helpers/processes';
import { preloading, Program, ROOT, runLab } from '../../helpers/Program';
import { freshFolder } from '../kit/checking';

/** What stands in the line that makes a call. */
const WORDS: Record<string, RegExp> = {
  socket: /new (?:Listening|Datagram)?Socket\(/,
  bind: /\.bind\(/,
  listen: /\.listen\(/,
  accept: /\.accept\(/,
  connect: /\.connect\(/,
  sendall: /\.sendall\(/,
  recv: /\.recv(?:all)?\(/,
  sendto: /\.sendto\(/,
  recvfrom: /\.recvfrom\(/,
  close: /close\(|await using /,
};

function trace(...args: string[]) {
  return Program.script('tools/trace/main', args).ended();
}

async function callsOf(lab: string): Promise<CallRecord[]> {
  const file = path.join(freshFolder(), 'run.jsonl');
  const { code, stderr } = await trace(lab, '--keep', file);
  expect([code, stderr]).to.deep.equal([0, '']);
  return parseTrace(readFileSync(file, 'utf8')).filter((record) => record.type === 'call');
}

function sourceOf({ file, line }: SourceLine): string {
  return readFileSync(path.join(ROOT, file), 'utf8').split('\n')[line - 1] ?? '';
}

describe('A program with a trace', function () {
  this.timeout(60_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  it('prints the same on stdout, and draws on stderr', async () => {
    const server = Program.lab('EchoServer', ['--port', '0', '--trace']);
    const port = String(await server.listening());
    const plain = await runLab('EchoClient', ['--port', port, 'x']);
    const traced = await runLab('EchoClient', ['--port', port, '--trace-ascii', 'x']);

    expect(traced.stdout).to.equal(plain.stdout);
    expect(plain.stderr).to.equal('');
    expect(traced.stderr).to.match(/^ +EchoClient +server\n/);
    expect(traced.stderr).to.match(/EchoClient\.ts:\d+ +sendall\(1 B\) \|-+ "x" -+>\|\n/);
    await server.printed(/│ recv\(\) = 0/);
    expect(server.stdout.split('\n')).to.have.length(5);
  });

  it('takes the word after --trace for its message', async () => {
    const server = Program.lab('EchoServer', ['--port', '0']);
    const port = String(await server.listening());
    const { stdout } = await runLab('EchoClient', ['--port', port, '--trace', 'ascii']);

    expect(stdout).to.equal("Received 'ascii'\n");
  });

  it('loads nothing of src/trace/ when there is no trace', async () => {
    const env = preloading('loadedTrace.cjs');
    const plain = await runLab('EchoClient', ['--port', '1', '--wait', '0'], { env });
    const traced = await runLab('EchoClient', ['--port', '1', '--wait', '0', '--trace'], { env });

    expect(plain.stderr).to.match(/^loaded: 0$/m);
    expect(traced.stderr).to.match(/^loaded: [1-9]/m);
  });

  it('that is killed with -9 has left all calls that it made', async () => {
    const file = path.join(freshFolder(), 'run.jsonl');
    const server = Program.lab('EchoServer', ['--port', '0', '--trace-file', file]);
    const socket = net.connect(await server.listening(), '127.0.0.1');
    afterwards(() => socket.destroy());
    socket.write('hello');
    await once(socket, 'data');
    await server.kill('SIGKILL');

    const { stdout } = await trace('show', file);
    expect(stdout).to.match(/"hello" ─+►│ recv\(\) = 5/);
    expect(stdout).to.match(/│◄─+ "hello" ─+│ sendall\(5 B\)/);
  });

  itOnLinux(
    '/dev/full',
    'goes on, and says once that its trace has ended, when the disk is full',
    async () => {
      const server = Program.lab('EchoServer', ['--port', '0', '--trace-file', '/dev/full']);
      const port = String(await server.listening());
      const { code, stdout } = await runLab('EchoClient', ['--port', port]);
      const { stderr } = await server.kill('SIGTERM');

      expect([code, stdout]).to.deep.equal([0, "Received 'Hello, world'\n"]);
      expect(stderr).to.equal('EchoServer: the trace in /dev/full ends here: the disk is full\n');
    },
  );

  itOnLinux('mkfifo', 'does not wait for the reader of a FIFO, and outlives it', async () => {
    const fifo = path.join(freshFolder(), 'fifo');
    await new Program('mkfifo', [fifo]).ended();
    const alone = await runLab('EchoServer', ['--port', '0', '--trace-file', fifo]);
    expect(alone.code).to.equal(1);
    expect(alone.stderr).to.equal(`EchoServer: ${fifo}: no program reads it\n`);

    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const server = Program.lab('EchoServer', ['--port', '0', '--trace-file', fifo]);
    const port = String(await server.listening());
    closeSync(reader);
    const { code } = await runLab('EchoClient', ['--port', port]);
    expect(code).to.equal(0);
    expect((await server.kill('SIGTERM')).stderr).to.contain('its reader is gone');
  });

  it('refuses a file into which another program still writes', async () => {
    const file = path.join(freshFolder(), 'run.jsonl');
    const server = Program.lab('EchoServer', ['--port', '0', '--trace-file', file]);
    await server.listening();
    const other = await runLab('EchoClient', ['--trace-file', file, '--wait', '0']);
    await server.kill('SIGTERM');
    const later = await runLab('EchoClient', ['--trace-file', file, '--port', '1', '--wait', '0']);

    expect(other.code).to.equal(1);
    expect(other.stderr).to.contain(
      `another program still writes its trace there (PID ${server.child.pid})`,
    );
    expect(later.stderr).not.to.contain('still writes');
    expect(readFileSync(file, 'utf8')).to.contain('EchoClient').and.not.to.contain('EchoServer');
  });

  it('says when the file can not be written', async () => {
    const file = path.join(freshFolder(), 'missing', 'run.jsonl');
    const { code, stderr } = await runLab('EchoClient', ['--trace-file', file, '--wait', '0']);

    expect(code).to.equal(1);
    expect(stderr)
      .to.match(/^EchoClient: /)
      .and.to.contain('no such file');
    expect(stderr).not.to.match(/^\s+at /m);
  });
});

describe('npm run trace', function () {
  this.timeout(60_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  it('-- echo makes exactly the calls of the slide, on both sides', async () => {
    const calls = (await callsOf('echo')).filter(({ phase }) => phase === 'call');
    const of = (role: string, sock: number) =>
      calls.filter((each) => each.role === role && each.sock === sock).map(({ call }) => call);

    expect(of('server', 1)).to.deep.equal(['socket', 'bind', 'listen', 'accept', 'accept']);
    expect(of('server', 2)).to.deep.equal(['recv', 'sendall', 'recv', 'close']);
    expect(of('client', 1)).to.deep.equal(['socket', 'connect', 'sendall', 'recv', 'close']);
    expect(calls.filter(({ sock }) => sock > 2)).to.deep.equal([]);
  });

  for (const lab of ['echo', 'date', 'logging', 'udp-echo', 'udp-date']) {
    it(`-- ${lab} names lines in which the calls stand, and beside Messages the lab's own`, async () => {
      for (const { call, at, lab: own } of await callsOf(lab)) {
        expect(at, call).not.to.equal(undefined);
        if (!at) continue;
        expect(sourceOf(at), `${call} ${at.file}:${at.line}`).to.match(WORDS[call] ?? /^$/);
        if (!at.file.endsWith('/Messages.ts')) continue;
        expect(own && sourceOf(own)).to.match(/messages\.(?:next|send|reply)\(/);
      }
    });
  }

  it('-- logging has a row for the file that is written before the answer', async () => {
    const { stdout } = await trace('logging');
    const rows = stdout.split('\n');
    const written = rows.findIndex((row) => row.includes('log0.txt written'));

    expect(rows[written - 1]).to.match(/recv\(\) = \d+/);
    expect(rows[written + 1]).to.match(/sendall\(\d+ B\)/);
  });

  it('-- echo shows the server from socket to accept down the lines of one file', async () => {
    const calls = (await callsOf('echo')).filter(
      ({ phase, role, sock }) => phase === 'call' && role === 'server' && sock === 1,
    );
    const first = ['socket', 'bind', 'listen', 'accept'].map((name) =>
      calls.find(({ call }) => call === name),
    );
    const lines = first.map((record) => record?.at?.line ?? 0);

    expect(new Set(first.map((record) => record?.at?.file))).to.deep.equal(
      new Set(['src/socket/SocketServer.ts']),
    );
    expect(lines.every((line, index) => line > (lines[index - 1] ?? 0))).to.equal(true);
  });

  it('-- echo --clients 3 has a connection for each', async () => {
    const { stdout } = await trace('echo', '--clients', '3');

    expect(stdout.match(/3-way handshake/g)).to.have.length(3);
    expect(stdout.match(/end of file/g)).to.have.length(3);
  });

  it('-- show draws one that was cut off, as far as it goes', async () => {
    const file = path.join(ROOT, 'test/fixtures/trace/cut-off.jsonl');
    const { code, stdout } = await trace('show', file, '--ascii');

    expect(code).to.equal(0);
    expect(stdout).to.contain('3-way handshake');
  });

  it('-- show --mermaid gives a diagram', async () => {
    const { stdout } = await trace(
      'show',
      path.join(ROOT, 'test/fixtures/trace/echo.jsonl'),
      '--mermaid',
    );

    expect(stdout).to.match(/^sequenceDiagram\n/);
  });

  itWith('strace', 'agrees with strace', async () => {
    const { code, stdout, stderr } = await Program.script('tools/strace').ended();

    expect([code, stderr], stdout).to.deep.equal([0, '']);
    expect(stdout).to.match(/^EchoClient +strace\n {2}socket +socket\n {2}connect +connect\n/m);
    expect(stdout).to.match(/^ {2}recv 12 B +recv 12 B\n/m);
    expect(stdout).not.to.contain('differs');
  });

  itOnLinux('/proc', 'leaves no program when it is killed with -9', async () => {
    const mark = randomUUID();
    const env = { ...process.env, TEST_MARK: mark };
    const run = Program.script('tools/trace/main', ['echo', '--clients', '20'], { env });
    afterwards(() => {
      killAllWith(mark);
    });
    while (processesWith(mark).length < 3) await setTimeout(10);
    run.child.kill('SIGKILL'); // it alone, not its group
    await once(run.child, 'exit');

    for (let tries = 0; processesWith(mark).length > 0 && tries < 500; tries++)
      await setTimeout(10);
    expect(processesWith(mark)).to.deep.equal([]);
  });

  it('says what it can not draw, without a stack trace', async () => {
    const folder = freshFolder();
    const [other, none] = [path.join(folder, 'other'), path.join(folder, 'none')];
    writeFileSync(other, '{"v":7,"type":"run"}\n');
    writeFileSync(none, 'Hello, world\n');
    const all = await Promise.all([
      trace('show', other),
      trace('show', none),
      trace('show', path.join(folder, 'missing')),
      trace('show'),
    ]);

    expect(all.map(({ code }) => code)).to.deep.equal([1, 1, 1, 1]);
    const said = all.map(({ stderr }) => stderr);
    expect(said[0]).to.contain('it has version 7, but this program reads version 1');
    expect(said[1]).to.contain('line 1 is not a record of a trace');
    expect(said[2]).to.contain('no such file');
    expect(said[3]).to.contain('show needs the file of a trace');
    expect(said.join('')).not.to.match(/^\s+at /m);
    expect((await trace('ehco')).code).to.equal(2);
  });
});
