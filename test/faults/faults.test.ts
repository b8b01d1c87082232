import { expect } from 'chai';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { DateServer } from '../../src/DateServer';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { FakeClock } from '../helpers/FakeClock';
import { loggedRequests } from '../helpers/logLines';
import { Program, ROOT } from '../helpers/Program';
import { residentMemory } from '../helpers/residentMemory';
import { startServer } from '../helpers/startServer';
import { temporaryFolder } from '../helpers/temporaryFolder';

const MiB = 1024 * 1024;
const DATE = /^\d{4}-\d\d-\d\dT\S+\n$/;

function connectMany(port: number, count: number): Promise<BareClient[]> {
  return Promise.all(Array.from({ length: count }, () => BareClient.connect(port)));
}

/** Each of these clients gets its bytes back, and nothing else. */
async function expectEchoes(clients: BareClient[], message: string): Promise<void> {
  for (const client of clients) {
    const before = client.received;
    const after = await client.send(message).bytes(before.length + message.length);
    expect(String(after)).to.equal(before + message);
  }
}

describe('Faults of some clients, which others do not notice:', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('resets in the middle of a request, of a reply, of an error line, and of a bulk echo', async () => {
    const dates = await Program.lab('DateServer', ['--port', '0', '--quiet']).listening();
    const echoes = await Program.lab('EchoServer', ['--port', '0', '--quiet']).listening();
    const good = await connectMany(echoes, 20);
    const waiting = await connectMany(dates, 20);
    await expectEchoes(good, 'before');

    for (const client of await connectMany(dates, 20)) client.send('half a requ').reset();
    for (const client of await connectMany(dates, 20)) client.send('a\nb\nc\n').reset();
    for (const client of await connectMany(dates, 30)) client.send(Buffer.alloc(5000)).reset();
    for (const client of await connectMany(echoes, 20)) {
      await client.send(Buffer.alloc(MiB)).bytes(1);
      client.reset();
    }

    await expectEchoes(good, 'after');
    for (const client of waiting) expect(await client.send('time?\n').line()).to.match(DATE);
  });

  it('100 that never read: the memory stays where it was', async () => {
    const server = Program.lab('EchoServer', ['--port', '0', '--quiet']);
    const port = await server.listening();
    const good = await connectMany(port, 10);
    // As many bytes as the others will make it move: after that, its heap has the size it works with.
    for (const busy of await connectMany(port, 40)) {
      await busy.send(Buffer.alloc(16 * MiB)).bytes(16 * MiB);
      busy.close();
    }
    const before = residentMemory(server.child.pid ?? 0);

    const greedy = await connectMany(port, 100);
    const mebibyte = Buffer.alloc(MiB); // the same each time, to spare our own memory
    for (const client of greedy) {
      client.pause();
      for (let count = 0; count < 64; count++) client.send(mebibyte);
    }
    await expectEchoes(good, 'still here');

    expect(residentMemory(server.child.pid ?? 0) - before).to.be.below(64);
    // The kernels on both sides hold some megabytes; nothing else takes them.
    for (const client of greedy) expect(client.unsent).to.be.greaterThan(16 * MiB);
  });

  it('100 that say nothing, and 20,000 that only come and go', async () => {
    const server = Program.lab('DateServer', ['--port', '0', '--quiet']);
    const port = await server.listening();
    const silent = await connectMany(port, 100);

    for (let batch = 0; batch < 200; batch++) {
      const clients = await Promise.all(
        Array.from({ length: 100 }, () => BareClient.passing(port)),
      );
      for (const client of clients) client.close();
    }

    for (const client of silent) expect(await client.send('time?\n').line()).to.match(DATE);
  });

  it('more than there may be open files: said once, and served again when there is room', async () => {
    const limited =
      'ulimit -n 80; exec "$0" -r ts-node/register src/DateServer.ts --port 0 --quiet';
    const server = new Program('sh', ['-c', limited, process.execPath]);
    const port = await server.listening();
    const [early] = await connectMany(port, 1);

    const crowd = await connectMany(port, 300);
    await server.printed(/connections are open, and no more are taken\n/);
    expect(await early?.send('time?\n').line()).to.match(DATE);
    for (const client of crowd) client.close();
    const [late] = await connectUntilServed(port);

    expect(late).to.match(DATE);
    expect(server.stderr.match(/no more are taken\n/g)).to.have.length(1);
  });

  it('a log that can not be written: an error for the client, one line for the operator', async () => {
    const folder = await temporaryFolder();
    const fault = path.join(await temporaryFolder(), 'fault');
    const logs = path.join(folder, 'logs');
    const preload = path.join(ROOT, 'test/helpers/faultyDisk.cjs');
    const env = {
      ...process.env,
      LAB_FAULT: fault,
      NODE_OPTIONS: `--require ${JSON.stringify(preload)}`,
    };
    const args = ['--port', '0', '--quiet', '--log-dir', logs];
    const server = Program.lab('LoggingDateServer', args, { env });
    const port = await server.listening();
    const [patient] = await connectMany(port, 1);
    const ask = async (request: string) => {
      const [client] = await connectMany(port, 1);
      return String(await client?.send(`${request}\n`).end().all());
    };

    for (const [code, reason] of [
      ['ENOSPC', /the disk is full\n/],
      ['EROFS', /read-only disk\n/],
      ['EACCES', /you may not write into it\n/],
    ] as const) {
      await writeFile(fault, code);
      for (let time = 0; time < 12; time++) {
        expect(await ask('unlucky')).to.equal('ERROR request could not be logged\n');
      }
      await rm(fault);
      expect(await ask(`after ${code}`)).to.match(DATE);
      expect(server.stderr.match(new RegExp(reason, 'g'))).to.have.length(1);
      await server.printed(/\(10 times so far\)/);
    }

    await rm(logs, { recursive: true });
    expect(await ask('unlucky')).to.equal('ERROR request could not be logged\n');
    await mkdir(logs);
    expect(await ask('after all')).to.match(DATE);
    expect(await patient?.send('patience\n').line()).to.match(DATE);

    expect(loggedRequests(logs)).to.deep.equal(['after all', 'patience']);
  });

  it('a clock that goes backwards: answers as the clock says', async () => {
    const times = [
      '2026-11-23T12:00:00.000Z',
      '2026-11-23T11:00:00.000Z',
      '1999-12-31T23:59:59.999Z',
    ];
    const clock = new FakeClock();
    const told: string[] = [];
    clock.now = () => new Date(times[told.length] ?? 0);
    const [client] = await connectMany(await startServer(new DateServer(clock)), 1);

    for (const time of times) {
      const all = (await client?.send('time?\n').lines(told.length + 1)) ?? [];
      told.push(all.at(-1) ?? '');
      expect(new Date(told.at(-1) ?? '').toISOString()).to.equal(time);
    }
  });
});

/** Comes again until the server has seen the others leave. */
async function connectUntilServed(port: number): Promise<string[]> {
  for (;;) {
    const [client] = await connectMany(port, 1);
    const reply = String(
      await client
        ?.send('time?\n')
        .end()
        .all()
        .catch(() => ''),
    );
    if (reply !== '') return [reply];
  }
}
