import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { bareServer } from '../helpers/bareServer';
import { Program, runLab } from '../helpers/Program';

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/m;

describe('The programs', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lab3-'));
  });
  afterEach(async () => {
    await Program.killAll();
    await rm(folder, { recursive: true, force: true });
  });

  describe('EchoServer and EchoClient', () => {
    it('say hello as on the slide, started as a learner starts them', async () => {
      const server = Program.tsNode('EchoServer', ['--port', '0']);
      const port = await server.listening();

      const client = await Program.tsNode('EchoClient', ['--port', String(port)]).ended();

      expect(client).to.deep.equal({
        code: 0,
        signal: null,
        stdout: "Received 'Hello, world'\n",
        stderr: '',
      });
      expect(server.stdout).to.match(
        new RegExp(
          `^EchoServer listening on 127.0.0.1:${port}\n` +
            `Stop it with Ctrl-C, .*kill \\d+\nConnected by 127.0.0.1:\\d+\n$`,
        ),
      );
    });

    it('bring back 100,000 characters, and any script', async () => {
      const port = String(await Program.lab('EchoServer', ['--port', '0']).listening());
      const message = `grüß 你好 👩‍👩‍👧 ${'x'.repeat(100_000)}`;

      const { code, stdout } = await runLab('EchoClient', ['--port', port, message]);

      expect(stdout).to.equal(`Received '${message}'\n`);
      expect(code).to.equal(0);
    });

    it('take a message of several lines', async () => {
      const port = String(await Program.lab('EchoServer', ['--port', '0']).listening());

      const { stdout } = await runLab('EchoClient', ['--port', port, 'two\nlines']);

      expect(stdout).to.equal("Received 'two\\nlines'\n");
    });

    it('talk over IPv6', async () => {
      const server = Program.lab('EchoServer', ['--host', '::1', '--port', '0', '--quiet']);
      const [, port = ''] = await server.printed(/listening on \[::1\]:(\d+)\n/);

      const client = await runLab('EchoClient', ['--host', '[::1]', '--port', port, 'six']);

      expect(client.stdout).to.equal("Received 'six'\n");
    });
  });

  describe('DateServer and DateClient', () => {
    it('tell the time in the zone of the server', async () => {
      const env = { ...process.env, TZ: 'Asia/Kolkata' };
      const server = Program.lab('DateServer', ['--port', '0'], { env });
      const port = String(await server.listening());

      const client = await runLab('DateClient', ['--port', port]);

      expect(client.stdout)
        .to.match(DATE)
        .and.to.match(/\+05:30\n$/);
      expect(client.code).to.equal(0);
      expect(client.stderr).to.equal('');
    });

    it('find each other when both are started in one line', async () => {
      const free = await bareServer(() => undefined);
      await free.close();
      const both =
        `npx ts-node src/DateServer.ts --port ${free.port} & ` +
        `npx ts-node src/DateClient.ts --port ${free.port}; wait`;

      const shell = new Program('sh', ['-c', both]);
      await shell.printed(DATE);
      const outcome = await shell.kill('SIGTERM');

      expect(outcome.stdout).to.contain(`DateServer listening on 127.0.0.1:${free.port}\n`);
    });

    it('print nothing for each connection with --quiet', async () => {
      const server = Program.lab('DateServer', ['--port', '0', '--quiet']);
      const port = String(await server.listening());

      await runLab('DateClient', ['--port', port]);
      const { stdout } = await server.kill('SIGTERM');

      expect(stdout).to.equal(
        `DateServer listening on 127.0.0.1:${port}\n` +
          `Stop it with Ctrl-C, or from any terminal with: kill ${server.child.pid}\n`,
      );
    });
  });

  describe('LoggingDateServer', () => {
    it('has stored the request when the client gets the date', async () => {
      const args = ['--port', '0', '--log-dir', path.join(folder, 'deep', 'logs')];
      const port = String(await Program.lab('LoggingDateServer', args).listening());

      const { stdout } = await runLab('DateClient', ['--port', port, 'Quelle "heure" est-il?']);

      const line = await readFile(path.join(folder, 'deep', 'logs', 'log0.txt'), 'utf8');
      expect(stdout).to.match(DATE);
      expect(line).to.match(/^\d{4}-\S+ 127\.0\.0\.1:\d+ "Quelle \\"heure\\" est-il\?"\n$/);
    });

    it('goes on with the next number after a restart', async () => {
      const args = ['--port', '0', '--log-dir', folder];
      for (let run = 0; run < 2; run++) {
        const server = Program.lab('LoggingDateServer', args);
        await runLab('DateClient', ['--port', String(await server.listening())]);
        await server.kill('SIGTERM');
      }

      expect((await readdir(folder)).sort()).to.deep.equal(['log0.txt', 'log1.txt']);
    });
  });

  describe('A server that must stop', () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`by ${signal} closes its idle connections and ends with 0`, async () => {
        const server = Program.lab('DateServer', ['--port', '0']);
        const client = net.connect(await server.listening(), '127.0.0.1');
        await server.printed(/Connected by/);

        const [outcome] = await Promise.all([server.kill(signal), once(client.resume(), 'end')]);

        expect(outcome.code).to.equal(0);
        // On a machine that is busy it may take long enough to be said.
        expect(outcome.stderr).to.match(
          /^$|^DateServer: finishing the requests that have begun; a second/,
        );
      });
    }

    it('a second time ends immediately', async () => {
      const server = Program.lab('EchoServer', ['--port', '0']);
      const client = net.connect(await server.listening(), '127.0.0.1');
      client.on('error', () => undefined);
      client.pause().write(Buffer.alloc(64 * 1024 * 1024)); // never reads: there is always more owed
      await server.printed(/Connected by/);

      server.child.kill('SIGTERM');
      await server.printed(/finishing/);
      const { code } = await server.kill('SIGINT');
      client.destroy();

      expect(code).to.equal(130);
    });

    it('survives the end of the program that reads its output', async () => {
      const server = Program.lab('DateServer', ['--port', '0']);
      const port = String(await server.listening());
      server.child.stdout?.destroy();

      for (let question = 0; question < 2; question++) {
        expect((await runLab('DateClient', ['--port', port])).stdout).to.match(DATE);
      }
      expect((await server.kill('SIGTERM')).code).to.equal(0);
    });
  });

  it('of npm start show the whole job from beginning to end', async () => {
    const { code, stdout, stderr } = await new Program('npm', ['start', '--silent'], {
      env: { ...process.env, LAB_LOG_DIR: folder },
    }).ended();

    const [file] = await readdir(folder);
    expect(stderr).to.equal('');
    expect(file).to.equal('log0.txt');
    expect(stdout).to.contain('LoggingDateServer listening on 127.0.0.1:');
    expect(stdout).to.match(DATE);
    expect(stdout).to.contain((await readFile(path.join(folder, 'log0.txt'), 'utf8')).trim());
    expect(code).to.equal(0);
  });
});
