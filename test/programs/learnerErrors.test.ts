import { expect } from 'chai';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { bareServer } from '../helpers/bareServer';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { nodeArguments, type Outcome, preloading, Program, runLab } from '../helpers/Program';
import { itOnLinux, itWith } from '../helpers/itOnLinux';

/** What every failed program has in common: its name, the reason, nothing on stdout, exit code 1. */
function expectFailure(name: string, outcome: Outcome, reason: RegExp, advice: RegExp): void {
  expect(outcome.stderr).to.match(new RegExp(`^${name}: `, 'm'));
  expect(outcome.stderr).to.match(reason);
  expect(outcome.stderr).to.match(advice);
  expect(outcome.stderr, 'a stack trace').not.to.match(/\n {4}at /);
  expect(outcome.stdout).to.equal('');
  expect(outcome.code).to.equal(1);
}

describe('What a learner reads', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  describe('when a server can not start', () => {
    it('because the port is in use', async () => {
      await using holder = await bareServer(() => undefined);

      const outcome = await runLab('DateServer', ['--port', String(holder.port)]);

      const reason = new RegExp(
        `bind\\(127.0.0.1:${holder.port}\\) failed: port ${holder.port} is already in use`,
      );
      expectFailure('DateServer', outcome, reason, /^Try: stop the other program first/m);
      expect(outcome.stderr).to.match(
        /^Or: {2}any free port: npx ts-node src\/DateServer.ts --port 0 and then give the client/m,
      );
    });

    itWith('python3', 'because only closed connections have the port', async () => {
      const lines = [
        'import socket',
        's = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); port = s.getsockname()[1]',
        'c = socket.create_connection(("127.0.0.1", port)); a, _ = s.accept()',
        'a.close(); c.recv(1); c.close(); s.close(); print(port)',
      ];
      const { stdout } = await new Program('python3', ['-c', lines.join('\n')]).ended();
      const port = stdout.trim();

      const outcome = await runLab('DateServer', ['--port', port]);

      const reason = new RegExp(
        `port ${port} is held by a connection .* \\(TIME_WAIT\\), for \\d\\d s more`,
      );
      expectFailure('DateServer', outcome, reason, /^Try: wait until that time is over/m);
    });

    it('because the port is reserved', async () => {
      const env = preloading('noRightToBind.cjs');

      const outcome = await runLab('EchoServer', ['--port', '80'], { env });

      const reason = /bind\(127.0.0.1:80\) failed: ports below 1024 are reserved/;
      expectFailure(
        'EchoServer',
        outcome,
        reason,
        /^Try: any free port from 1024 up: npx ts-node src\/EchoServer.ts --port 0/m,
      );
    });

    it('because the host does not resolve', async () => {
      const outcome = await runLab('EchoServer', ['--host', 'no-such-host.invalid', '--port', '0']);

      const reason = /bind\(no-such-host.invalid:0\) failed: .*no-such-host.invalid/;
      expectFailure('EchoServer', outcome, reason, /^Try: this machine's own address/m);
    });

    it("because the host is not this machine's", async () => {
      const outcome = await runLab('EchoServer', ['--host', '192.0.2.1', '--port', '0']);

      const reason = /192.0.2.1 is not an address of this machine/;
      expectFailure('EchoServer', outcome, reason, /^Try: this machine's own address/m);
    });
  });

  describe('when the log folder can not be used', () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'lab3-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('because it is a file', async () => {
      const file = path.join(folder, 'logs');
      await writeFile(file, '');

      const outcome = await runLab('LoggingDateServer', ['--port', '0', '--log-dir', file]);

      expectFailure(
        'LoggingDateServer',
        outcome,
        /log folder .*logs: it is not a folder/,
        /^Try: .*--log-dir/m,
      );
    });

    it('because it may not be written into', async () => {
      const env = preloading('noRightToWrite.cjs');
      await chmod(folder, 0o555);

      const outcome = await runLab('LoggingDateServer', ['--port', '0', '--log-dir', folder], {
        env,
      });

      expectFailure(
        'LoggingDateServer',
        outcome,
        /you may not write into it/,
        /^Try: .*--log-dir/m,
      );
    });
  });

  describe('when a client fails', () => {
    it('because no server is there', async () => {
      const { port, ...holder } = await bareServer(() => undefined);
      await holder.close();

      const outcome = await runLab('DateClient', ['--port', String(port), '--wait', '0.3']);

      expect(outcome.stderr).to.match(
        /^DateClient: no server on 127.0.0.1:\d+ yet, waiting up to 0.3 s/,
      );
      const reason = new RegExp(`connect\\(127.0.0.1:${port}\\) failed: connection refused`);
      const advice = new RegExp(
        `^Try: check the port: .* \\(usually 6015\\), and you asked ${port}`,
        'm',
      );
      expectFailure('DateClient', outcome, reason, advice);
      expect(outcome.stderr).to.match(
        new RegExp(
          `^Or: {2}start the server .*: npx ts-node src/DateServer.ts --port ${port}\n`,
          'm',
        ),
      );
    });

    it('because localhost refuses on all of its addresses', async () => {
      const { port, ...holder } = await bareServer(() => undefined);
      await holder.close();

      const args = ['--host', 'localhost', '--port', String(port), '--wait', '0.1'];
      const outcome = await runLab('EchoClient', args);

      const advice = new RegExp(`npx ts-node src/EchoServer.ts --port ${port}\n`);
      expectFailure('EchoClient', outcome, /connection refused/, advice);
    });

    it('because the host does not resolve', async () => {
      const outcome = await runLab('EchoClient', ['--host', 'no-such-host.invalid']);

      expectFailure(
        'EchoClient',
        outcome,
        /no-such-host.invalid/,
        /^Try: a server on this machine/m,
      );
    });

    it('because no answer comes in time', async () => {
      await using silent = await bareServer(() => undefined);

      const outcome = await runLab('DateClient', [
        '--port',
        String(silent.port),
        '--timeout',
        '0.2',
      ]);

      expectFailure(
        'DateClient',
        outcome,
        /recv\(.*\) failed: no answer in time/,
        /^Try: check whether Ctrl-Z stopped the server: type fg/m,
      );
      expect(outcome.stderr).to.match(/^Or: {2}.*--timeout 60/m);
    });

    it('because the server closes without a reply', async () => {
      await using hangsUp = await bareServer((client) => client.end());

      const outcome = await runLab('DateClient', ['--port', String(hangsUp.port)]);

      expectFailure(
        'DateClient',
        outcome,
        /the server at 127.0.0.1:\d+ closed the connection before its reply was complete/,
        /^Try: /m,
      );
    });

    it('because the server resets the connection', async () => {
      await using hangsUp = await bareServer((client) => {
        client.on('data', () => client.resetAndDestroy());
      });

      const outcome = await runLab('EchoClient', ['--port', String(hangsUp.port)]);

      expectFailure('EchoClient', outcome, /the peer reset the connection/, /^Try: /m);
    });

    it('because the reply is not a date; its escape sequences do not reach the terminal', async () => {
      await using liar = await bareServer((client) => client.end('\u001b[2Jnoon\u009b31m\n'));

      const outcome = await runLab('DateClient', ['--port', String(liar.port)]);

      expectFailure(
        'DateClient',
        outcome,
        /answered what is not a date: \\u001b\[2Jnoon/,
        /^Try: /m,
      );
      expect(outcome.stderr).not.to.match(/(?!\n)\p{Cc}/u);
    });

    it('because the reply is an error of the server', async () => {
      await using server = await bareServer((client) =>
        client.end('ERROR request could not be logged\n'),
      );

      const outcome = await runLab('DateClient', ['--port', String(server.port)]);

      expectFailure(
        'DateClient',
        outcome,
        /the server at \S+ answered: ERROR request could not be logged/,
        /^Try: send a shorter question/m,
      );
    });

    it('because the reply is too long', async () => {
      await using chatty = await bareServer((client) => client.write('x'.repeat(5000)));

      const outcome = await runLab('DateClient', ['--port', String(chatty.port)]);

      expectFailure('DateClient', outcome, /sent a reply longer than 1024 bytes/, /^Try: /m);
    });

    it('because what comes back is not what was sent', async () => {
      await using liar = await bareServer((client) => client.write('Jello, world'));

      const outcome = await runLab('EchoClient', ['--port', String(liar.port)]);

      expectFailure('EchoClient', outcome, /sent back something else/, /^Try: /m);
    });
  });

  describe('when it is a mistake in a class of their own', () => {
    it('is shown with its line, and with the command that finds it', async () => {
      const server = Program.script('test/fixtures/BuggyServer', ['--port', '0']);
      const client = await BareClient.connect(await server.listening());
      await client.send('hello').all();

      await server.printed(
        /^BuggyServer: .*send is not a function \(test\/fixtures\/BuggyServer.ts:9\)\nTry: npm (?:--prefix build )?run types -- test\/fixtures\/BuggyServer.ts, which checks the types and finds a missing await\n/,
      );
    });

    it('is the rule for ports', async () => {
      const outcome = await Program.script('test/fixtures/HighPortServer').ended();

      const reason =
        /bind\(127.0.0.1:70150\) failed: a port is a whole number from 0 to 65535, not/;
      expectFailure('HighPortServer', outcome, reason, /^/);
    });

    it('is that @injectable() has been forgotten', async () => {
      const outcome = await Program.script('test/fixtures/BareDateServer').ended();

      const reason = /the constructor of BareDateServer has parameters: write @injectable\(\)/;
      expectFailure('BareDateServer', outcome, reason, /^/);
      expect(outcome.stderr.split('\n')).to.have.length(2);
    });

    it('is that the container does not bind what they need', async () => {
      const outcome = await Program.script('test/fixtures/UnboundServer').ended();

      const reason = /needs a Dictionary, which src\/services\/container.ts does not bind/;
      expectFailure('UnboundServer', outcome, reason, /^/);
      expect(outcome.stderr.split('\n')).to.have.length(2);
    });

    it('is that the container binds it twice', async () => {
      const outcome = await Program.script('test/fixtures/TwiceBoundServer').ended();

      const reason = /needs a Clock, and src\/services\/container.ts binds it twice/;
      expectFailure('TwiceBoundServer', outcome, reason, /^/);
      expect(outcome.stderr.split('\n')).to.have.length(2);
    });

    it('is nothing at all when a class without a constructor extends DateServer', async () => {
      const port = await Program.script('test/fixtures/NoonServer').listening();

      const reply = await (await BareClient.connect(port)).send('?\n').line();

      expect(reply).to.match(/^It is noon, or so. \d{4}-/);
    });
  });

  itOnLinux(
    'its own kind of script',
    'fits 80 columns of a terminal, with whole commands',
    async () => {
      await using holder = await bareServer(() => undefined);
      const run = [
        process.execPath,
        ...nodeArguments('src/DateServer'),
        '--port',
        String(holder.port),
      ];

      const { stdout } = await new Program('script', [
        '-qfec',
        `stty cols 80; ${run.join(' ')}`,
        '/dev/null',
      ]).ended();

      const lines = stdout.split('\r\n');
      expect(lines.filter((line) => line.length > 80)).to.deep.equal([]);
      expect(lines.length, 'it would not fit three lines').to.be.greaterThan(4);
      expect(stdout).to.contain('npx ts-node src/DateServer.ts --port 0');
    },
  );

  it('is in --help: how to see where an error came from', async () => {
    expect((await runLab('DateClient', ['--help'])).stdout).to.contain('LAB_DEBUG=1');
  });

  it('has no raw escape sequence with LAB_DEBUG=1 either', async () => {
    const env = { ...process.env, LAB_DEBUG: '1' };
    await using liar = await bareServer((client) => client.end('\u001b[2Jnoon\n'));

    const { stderr } = await runLab('DateClient', ['--port', String(liar.port)], { env });

    expect(stderr).to.match(/\n {4}at .*DateClient/);
    expect(stderr).not.to.match(/(?!\n)\p{Cc}/u);
  });

  it('has the stack trace with LAB_DEBUG=1', async () => {
    const env = { ...process.env, LAB_DEBUG: '1' };

    const outcome = await runLab('EchoServer', ['--host', '192.0.2.1', '--port', '0'], { env });

    expect(outcome.stderr).to.match(/\n {4}at .*SocketError\.ts/);
    expect(outcome.stderr).to.contain('EADDRNOTAVAIL');
  });
});
