import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { askInTurn } from '../helpers/logging';
import { loggedRequests } from '../helpers/logLines';
import { itOnLinux } from '../helpers/itOnLinux';
import { preloading, Program } from '../helpers/Program';
import { processesWith } from '../helpers/processes';
import { temporaryFolder } from '../helpers/temporaryFolder';

const TWO = ['--port', '0', '--workers', '2'];

describe('A server with --workers 2', function () {
  this.timeout(60_000);
  const mark = randomUUID();
  const env = { ...process.env, TEST_MARK: mark };
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  async function start(name: string, more: readonly string[] = []) {
    const server = Program.lab(name, [...TWO, ...more], { env });
    const [, port] = await server.printed(/listening on \S+:(\d+)\n/);
    const [, pids = ''] = await server.printed(/Its workers: (.*)\n/);
    return { server, port: Number(port), workers: pids.split(', ').map(Number) };
  }

  /** Asks on ever new connections. */
  async function askUntil(port: number, isEnough: () => boolean): Promise<void> {
    for (let asked = 0; !isEnough() && asked < 1000; asked++)
      await (await BareClient.connect(port)).send('me?\n').line();
    expect(isEnough()).to.equal(true);
  }

  it('says its banner once, and each connection once', async () => {
    const { server, port, workers } = await start('DateServer');
    const clients = await BareClient.many(port, 50);
    for (const client of clients) expect(await client.send('me?\n').line()).to.match(/^\d{4}-/);
    const { code, stdout } = await server.kill('SIGTERM');

    const connected = clients.map(({ address }) => `Connected by ${address}`);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, 3)).to.deep.equal([
      `DateServer listening on 127.0.0.1:${port}`,
      `Stop it with Ctrl-C, or from any terminal with: kill ${server.child.pid}`,
      `Its workers: ${workers.join(', ')}`,
    ]);
    expect(lines.slice(3)).to.have.members(connected);
    expect(code).to.equal(0);
    expect(workers).to.have.length(2);
  });

  it('does not report clients with --quiet', async () => {
    const { server, port } = await start('EchoServer', ['--quiet']);
    await (await BareClient.connect(port)).send('hello').bytes(5);

    expect((await server.kill('SIGTERM')).stdout).not.to.contain('Connected by');
  });

  itOnLinux('/proc', 'has all of them serve', async () => {
    const { port, workers } = await start('DateServer', ['--quiet']);
    const before = workers.map(openSockets);
    await askUntil(port, () =>
      workers.every((pid, index) => openSockets(pid) > (before[index] ?? 0)),
    );
  });

  it('reports once that its port is in use, and ends with 1', async () => {
    const taken = String(await Program.lab('DateServer', ['--port', '0']).listening());
    const args = ['--port', taken, '--workers', '2'];
    const { code, stdout, stderr } = await Program.lab('DateServer', args).ended();

    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr.split(`DateServer: bind(127.0.0.1:${taken}) failed`)).to.have.length(2);
    expect(stderr).to.contain('any free port');
  });

  for (const [signal, group] of [
    ['SIGTERM', 'the primary alone'],
    ['SIGINT', 'all of its processes, as Ctrl-C does'],
  ] as const) {
    itOnLinux('/proc', `answers what has begun when ${signal} is sent to ${group}`, async () => {
      const { server, port } = await start('DateServer');
      const idle = await BareClient.connect(port);
      const known = await BareClient.many(port, 20);
      for (const client of known) await client.send('me?\n').line();
      const waiting = await BareClient.many(port, 100); // some of them for accept()
      for (const client of [...known, ...waiting]) client.send('me, too?\n');
      if (signal === 'SIGTERM') server.child.kill(signal);
      else void server.kill(signal);
      for (const client of known) expect(await client.lines(2)).to.have.length(2);
      for (const client of waiting) expect(await client.lines(1)).to.have.length(1);
      await idle.all();
      const { code, stderr } = await server.ended();

      expect(code).to.equal(0);
      expect(stderr).to.match(/^$|^DateServer: finishing the requests that have begun; a second/);
      expect(processesWith(mark)).to.deep.equal([]);
    });
  }

  itOnLinux('/proc', 'ends immediately at the second signal', async () => {
    const { server, port } = await start('EchoServer');
    const client = await BareClient.connect(port);
    client.pause().send(Buffer.alloc(64 * 1024 * 1024)); // never reads: there is always more owed
    await server.printed(/Connected by/);
    server.child.kill('SIGTERM');
    await server.printed(/finishing the requests that have begun/);
    server.child.kill('SIGTERM');
    const { code } = await server.ended();

    expect(code).to.equal(128 + 15);
    await noneIsLeft();
  });

  itOnLinux('/proc', 'leaves no process when it is killed with -9', async () => {
    const { server, port } = await start('DateServer');
    await (await BareClient.connect(port)).send('me?\n').line();
    server.child.kill('SIGKILL');

    await noneIsLeft();
  });

  itOnLinux('/proc', 'replaces a worker that dies, and says so', async () => {
    const { server, port, workers } = await start('DateServer');
    const [first = 0] = workers;
    process.kill(first, 'SIGKILL');
    await server.printed(/worker \d+ has ended \(SIGKILL\); starting another one/);
    const [, pid] = await server.printed(/worker (\d+) replaces it/);
    const replacement = Number(pid);
    const before = openSockets(replacement);
    await askUntil(port, () => openSockets(replacement) > before);

    expect(server.stderr.split('\n')).to.deep.equal([
      `DateServer: worker ${first} has ended (SIGKILL); starting another one`,
      `DateServer: worker ${replacement} replaces it`,
      '',
    ]);
    expect(processesWith(mark)).to.have.length(3);
    expect((await server.kill('SIGTERM')).code).to.equal(0);
  });

  itOnLinux('/proc', 'keeps its port when all of its workers die at the same time', async () => {
    const { server, port, workers } = await start('DateServer');
    for (const worker of workers) process.kill(worker, 'SIGKILL');
    await server.printed(/replaces it/);

    expect(await askInTurn(port, 'still there?', 1)).to.have.length(1);
  });

  itOnLinux('/proc', 'stops also one that is just being started', async () => {
    const { server, workers } = await start('DateServer');
    process.kill(workers[0] ?? 0, 'SIGKILL');
    await server.printed(/starting another one/);
    await until(() => processesWith(mark).length === 3);
    server.child.kill('SIGTERM');

    expect((await server.ended()).code).to.equal(0);
    await noneIsLeft();
  });

  it('does not forever replace a worker that dies immediately', async () => {
    const server = Program.lab('DateServer', TWO, { env: preloading('diesAtStart.cjs', env) });
    const port = await server.listening();
    await server.printed(/5 in a row ended right after starting; no new one is started/);

    expect(server.stderr.split('starting another one')).to.have.length(5);
    expect(await askInTurn(port, 'the first is still there', 1)).to.have.length(1);
    expect((await server.kill('SIGTERM')).code).to.equal(0);
  });

  it('has as many connections open as allowed, divided among the workers', async () => {
    const { server, port } = await start('DateServer', ['--max-connections', '5']);
    const served: BareClient[] = [];
    // The system deals the clients out; one that comes to a full worker is closed, and tries again.
    for (let tries = 0; served.length < 5 && tries < 200; tries++) {
      const clients = await Promise.all((await BareClient.many(port, 10)).map(asks));
      served.push(...clients.filter((client) => client !== undefined));
    }

    expect(served).to.have.length(5);
    await server.printed(/[23] connections are open, and no more are accepted/);
    const { stdout } = await server.kill('SIGTERM');
    expect(stdout.split('Connected by')).to.have.length(5 + 1);
  });

  it('has no more workers than allowed connections, and reports that', async () => {
    const { server, workers } = await start('DateServer', ['--max-connections', '1']);

    expect(workers).to.have.length(1);
    expect(server.stderr).to.equal('DateServer: 1 of 2 workers, since --max-connections is 1\n');
  });

  itOnLinux('/proc', 'gives the connections of a dead worker to its replacement', async () => {
    const { server, port, workers } = await start('DateServer', ['--max-connections', '2']);
    const before = await BareClient.connect(port);
    await before.send('me?\n').line();
    for (const worker of workers) process.kill(worker, 'SIGKILL');
    await server.printed(/replaces it[^]*replaces it/);
    const served: BareClient[] = [];
    for (let tries = 0; served.length < 2 && tries < 200; tries++) {
      const clients = await Promise.all((await BareClient.many(port, 10)).map(asks));
      served.push(...clients.filter((client) => client !== undefined));
    }

    expect(served).to.have.length(2);
  });

  itOnLinux('/proc', 'logs each request once, also when a worker is killed', async () => {
    const folder = await temporaryFolder();
    const { port, workers } = await start('LoggingDateServer', ['--quiet', '--log-dir', folder]);
    const answered: string[] = [];
    for (const [round, worker] of workers.entries()) {
      const asking = Array.from({ length: 16 }, (_, index) =>
        askInTurn(port, `round ${round} client ${index}`, 100),
      );
      answered.push(...(await askInTurn(port, `round ${round} fuse`, 20)));
      process.kill(worker, 'SIGKILL');
      answered.push(...(await Promise.all(asking)).flat());
    }
    const logged = loggedRequests(folder);

    expect(answered.length).to.be.above(500);
    expect(new Set(logged).size).to.equal(logged.length);
    expect(logged).to.include.members(answered);
  });

  /** Starts a server of which one worker is kept busy for ever by an answer. */
  async function startStuck(): Promise<Program> {
    const server = Program.script('test/fixtures/StuckServer', TWO, { env });
    const port = await server.listening();
    await server.printed(/Its workers/);
    await (await BareClient.connect(port)).send('stick\n').line();
    return server;
  }

  itOnLinux('/proc', 'ends also a busy worker at the second signal', async () => {
    const server = await startStuck();
    server.child.kill('SIGTERM');
    await server.printed(/finishing the requests that have begun/);
    server.child.kill('SIGTERM');

    expect((await server.ended()).code).to.equal(128 + 15);
    await noneIsLeft();
  });

  itOnLinux('/proc', 'ends also a halted worker at the second signal', async () => {
    const { server, workers } = await start('EchoServer');
    process.kill(workers[0] ?? 0, 'SIGSTOP');
    server.child.kill('SIGTERM');
    await server.printed(/finishing the requests that have begun/);
    server.child.kill('SIGTERM');

    expect((await server.ended()).code).to.equal(128 + 15);
    await noneIsLeft();
  });

  itOnLinux('/proc', 'ends a busy worker some seconds after the first signal', async () => {
    const server = await startStuck();
    server.child.kill('SIGTERM');

    expect((await server.ended()).code).to.equal(1);
    await noneIsLeft();
  });

  itOnLinux('/proc', 'leaves no busy worker when it is killed with -9', async () => {
    const server = await startStuck();
    server.child.kill('SIGKILL');

    await noneIsLeft();
  });

  itOnLinux('/proc', 'replaces all of many workers that are killed together', async () => {
    const server = Program.lab('DateServer', ['--port', '0', '--workers', '8'], { env });
    const port = await server.listening();
    const [, pids = ''] = await server.printed(/Its workers: (.*)\n/);
    for (const pid of pids.split(', ')) process.kill(Number(pid), 'SIGKILL');
    await until(() => server.stderr.split('replaces it').length === 8 + 1);

    expect(await askInTurn(port, 'still there?', 1)).to.have.length(1);
    expect(server.stderr).not.to.contain('in a row');
    expect((await server.kill('SIGTERM')).code).to.equal(0);
  });

  itOnLinux('/proc', 'keeps its port when the last worker dies while another starts', async () => {
    const { server, port, workers } = await start('DateServer');
    const [first = 0, second = 0] = workers;
    process.kill(first, 'SIGKILL');
    await server.printed(/starting another one/);
    await until(() => processesWith(mark).length === 3);
    process.kill(second, 'SIGKILL');
    await server.printed(/replaces it[^]*replaces it/);

    expect(await askInTurn(port, 'still there?', 1)).to.have.length(1);
    expect((await server.kill('SIGTERM')).code).to.equal(0);
  });

  itOnLinux('/proc', 'prints nothing extra when it is stopped while it starts', async () => {
    for (let time = 0; time < 5; time++) {
      const server = Program.lab('DateServer', ['--port', '0', '--workers', '4'], { env });
      await until(() => processesWith(mark).length > 1);
      const { stderr } = await server.kill('SIGTERM');

      expect(stderr).not.to.match(/^\s+at |Error/m);
      await noneIsLeft();
    }
  });

  it('can not be traced, because a trace shows one process', async () => {
    const { code, stderr } = await Program.lab('EchoServer', [...TWO, '--trace']).ended();

    expect(code).to.equal(2);
    expect(stderr).to.contain("'--workers <n>' cannot be used with option '--trace'");
  });

  it('is the only server that loads the modules for this', async () => {
    const server = Program.lab('EchoServer', ['--port', '0'], {
      env: preloading('loadedWorkers.cjs'),
    });
    await server.listening();
    const alone = await server.kill('SIGTERM');
    const many = Program.lab('EchoServer', TWO, { env: preloading('loadedWorkers.cjs') });
    await many.listening();
    const [, count] = /loaded: (\d+)/.exec((await many.kill('SIGTERM')).stderr) ?? [];

    expect(alone.stderr).to.equal('loaded: 0\n');
    expect(Number(count)).to.equal(1);
  });

  async function noneIsLeft(): Promise<void> {
    await until(() => processesWith(mark).length === 0);
  }
});

/** Gives the client when it is answered, and nothing when it is turned away. */
async function asks(client: BareClient): Promise<BareClient | undefined> {
  const isAnswered = await client
    .send('me?\n')
    .line()
    .then(
      () => true,
      () => false,
    );
  return isAnswered ? client : undefined;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo() && tries < 5000; tries++) await setTimeout(10);
  expect(isSo()).to.equal(true);
}

function openSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => readlink(path.join(folder, fd)).startsWith('socket:'))
    .length;
}

function readlink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ''; // closed in the meantime
  }
}
