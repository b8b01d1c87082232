import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { cleanUp } from '../helpers/cleanUp';
import { freeUdpPort, openDatagramSocket, startDatagramServer } from '../helpers/datagrams';
import { itOnLinux, itWith } from '../helpers/itOnLinux';
import { preloading, Program, ROOT, runLab } from '../helpers/Program';
import { UdpEchoServer } from '../../src/udp/UdpEchoServer';

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d\n$/;

/** Waits for the banner of a UDP server, and gives its port. */
async function receiving(server: Program): Promise<string> {
  const [, port = ''] = await server.printed(/receiving on \S+:(\d+)\n/);
  return port;
}

function runUdp(args: string[], env: NodeJS.ProcessEnv = process.env) {
  return Program.script('tools/udp/main', args, { env }).ended();
}

describe('The UDP programs', function () {
  this.timeout(30_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  it('talk with each other, and print the same as the TCP programs', async () => {
    const echo = Program.lab('udp/UdpEchoServer', ['--port', '0']);
    const date = Program.lab('udp/UdpDateServer', ['--port', '0']);
    const [echoPort, datePort] = await Promise.all([receiving(echo), receiving(date)]);

    const echoed = await runLab('udp/UdpEchoClient', ['--port', echoPort, 'Grüße']);
    const dated = await runLab('udp/UdpDateClient', ['--port', datePort]);

    expect(echoed).to.include({ code: 0, stdout: "Received 'Grüße'\n", stderr: '' });
    expect(dated).to.include({ code: 0, stderr: '' });
    expect(dated.stdout).to.match(DATE);
    expect(echo.stdout).to.match(
      /^UdpEchoServer receiving on 127\.0\.0\.1:\d+\nStop it with .*\nReceived 7 bytes from 127\.0\.0\.1:\d+\n$/,
    );
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`end on ${signal} with exit code 0, and are silent with --quiet`, async () => {
      const server = Program.lab('udp/UdpDateServer', ['--port', '0', '--quiet']);
      const port = await receiving(server);
      await runLab('udp/UdpDateClient', ['--port', port]);

      const { code, stdout, stderr } = await server.kill(signal);

      expect(code).to.equal(0);
      expect(stdout.split('\n')).to.have.length(3);
      expect(stderr).to.equal('');
    });
  }

  it('start together, as the README says, whichever is up first', async () => {
    const port = String(await freeUdpPort());
    const client = Program.lab('udp/UdpDateClient', ['--port', port, '--tries', '20']);
    await client.printed(/asking again/);
    const server = Program.lab('udp/UdpDateServer', ['--port', port]);
    await receiving(server);

    const { code, stdout } = await client.ended();

    expect(code).to.equal(0);
    expect(stdout).to.match(DATE);
  });

  it('report that an answer came only at a later try', async () => {
    const { socket, address } = await openDatagramSocket();
    const client = Program.lab('udp/UdpEchoClient', [
      ...['--port', String(address.port), '--timeout', '0.2', '--tries', '50', 'hello'],
    ]);
    await socket.recvfrom(); // lost
    await client.printed(/asking again/);
    const { data, peer } = await newest(socket);
    await socket.sendto(data, peer);

    const { code, stdout, stderr } = await client.ended();

    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "Received 'hello'\n" });
    expect(stderr).to.contain('UdpEchoClient: no answer in 0.2 s; asking again (try 2 of 50)\n');
  });

  it('explain to a learner what went wrong', async () => {
    const { address } = await openDatagramSocket(); // silent
    const silent = String(address.port);

    const [noAnswer, tooLong, taken, reserved, badPort] = await Promise.all([
      runLab('udp/UdpDateClient', ['--port', silent, '--timeout', '0.05', '--tries', '2']),
      runLab('udp/UdpEchoClient', ['--port', silent, 'x'.repeat(65_508)]),
      runLab('udp/UdpEchoServer', ['--port', silent]),
      runLab('udp/UdpEchoServer', ['--port', '7'], { env: preloading('noRightToBindUdp.cjs') }),
      runLab('udp/UdpDateClient', ['--port', '65536']),
    ]);

    expect(noAnswer.code).to.equal(1);
    expect(noAnswer.stderr).to.contain(
      `recvfrom(127.0.0.1:${silent}) failed: no answer in 2 tries`,
    );
    expect(noAnswer.stderr).to.contain("UDP can't tell");
    expect(noAnswer.stderr).to.contain('npx ts-node src/udp/UdpDateServer.ts');
    expect(tooLong.code).to.equal(1);
    expect(tooLong.stderr).to.contain('at most 65,507 bytes');
    expect(taken.code).to.equal(1);
    expect(taken.stderr).to.contain(`failed: UDP port ${silent} is already in use`);
    expect(taken.stderr).to.contain('npx ts-node src/udp/UdpEchoServer.ts --port 0');
    expect(reserved.code).to.equal(1);
    expect(reserved.stderr).to.contain('ports below 1024 are reserved');
    expect(badPort.code).to.equal(2);
    for (const { stderr, stdout } of [noAnswer, tooLong, taken, reserved, badPort]) {
      expect(stderr).not.to.match(/^\s+at /m);
      expect(stdout).to.equal('');
    }
  });

  itOnLinux('its answer about a closed port', 'report that no program uses the port', async () => {
    const port = String(await freeUdpPort());

    const { code, stderr } = await runLab('udp/UdpDateClient', [
      ...['--port', port, '--timeout', '0.05', '--tries', '2'],
    ]);

    expect(code).to.equal(1);
    expect(stderr).to.contain(
      `no program uses UDP port ${port} there yet; asking again (try 2 of 2)`,
    );
    expect(stderr).to.contain('connection refused');
    expect(stderr).to.contain(`npx ts-node src/udp/UdpDateServer.ts --port ${port}`);
  });

  it('have --help and --version', async () => {
    for (const name of ['UdpEchoServer', 'UdpEchoClient', 'UdpDateServer', 'UdpDateClient']) {
      const help = await runLab(`udp/${name}`, ['--help']);
      const version = await runLab(`udp/${name}`, ['--version']);

      expect(help.stdout).to.contain(`Usage: npx ts-node src/udp/${name}.ts`);
      expect(version.stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    }
  });

  describe('together with other programs', () => {
    const PYTHON_SERVER = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('receiving on 127.0.0.1:%d' % s.getsockname()[1], flush=True)
data, peer = s.recvfrom(65535)
s.sendto(data, peer)
`;
    const PYTHON_CLIENT = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'from Python', ('127.0.0.1', int(sys.argv[1])))
print(s.recvfrom(65535)[0].decode())
`;

    const PYTHON_DATE_SERVER = PYTHON_SERVER.replace(
      's.sendto(data, peer)',
      'import datetime; s.sendto(datetime.datetime.now().astimezone().isoformat().encode(), peer)',
    );

    async function echoPort(): Promise<string> {
      return String((await startDatagramServer(new UdpEchoServer())).port);
    }

    itWith('python3', 'our server answers Python, our clients ask Python', async () => {
      const python = new Program('python3', ['-c', PYTHON_CLIENT, await echoPort()]);
      expect(await python.ended()).to.include({ code: 0, stdout: 'from Python\n' });

      const server = new Program('python3', ['-c', PYTHON_SERVER]);
      const client = await runLab('udp/UdpEchoClient', ['--port', await receiving(server)]);
      expect(client).to.include({ code: 0, stdout: "Received 'Hello, world'\n" });

      const dates = new Program('python3', ['-c', PYTHON_DATE_SERVER]);
      const dated = await runLab('udp/UdpDateClient', ['--port', await receiving(dates)]);
      expect(dated).to.include({ code: 0, stderr: '' });
      expect(dated.stdout).to.match(/^\d{4}-\d\d-\d\dT\S+\n$/);
    });

    itWith('nc', 'our server answers nc -u', async () => {
      const nc = new Program('nc', ['-u', '-w', '2', '127.0.0.1', await echoPort()], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      nc.child.stdin?.write('from nc\n');

      await nc.printed(/^from nc\n$/);
    });

    itWith('socat', 'our server answers socat', async () => {
      const socat = new Program('socat', ['-T', '5', '-', `UDP:127.0.0.1:${await echoPort()}`], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      socat.child.stdin?.write('from socat\n');

      await socat.printed(/^from socat\n$/);
    });
  });
});

describe('npm run udp', function () {
  this.timeout(30_000);
  afterEach(() => Program.killAll());

  it('-- loss draws the same picture for the same seed', async () => {
    const golden = readFileSync(path.join(ROOT, 'test/fixtures/udp-loss.txt'), 'utf8');

    const [first, again] = await Promise.all([runUdp(['loss']), runUdp(['loss'])]);

    expect(first).to.include({ code: 0, stderr: '', stdout: golden });
    expect(again.stdout).to.equal(golden);
    for (const line of golden.split('\n')) expect(line.length).to.be.at.most(80);
  });

  it('-- loss draws in ASCII, with other odds, and another picture for another seed', async () => {
    const args = ['loss', '--loss', '30', '--duplicate', '30', '--reorder', '30', '--count', '30'];
    const [one, other, dumb] = await Promise.all([
      runUdp(['--ascii', ...args]),
      runUdp(['--ascii', ...args, '--seed', '2']),
      runUdp(args, { ...process.env, TERM: 'dumb' }),
    ]);

    expect(one.stdout).to.match(/^[ -~\n]+$/);
    expect(one.stdout).not.to.equal(other.stdout);
    expect(dumb.stdout).to.equal(one.stdout);
    for (const line of one.stdout.split('\n')) expect(line.length).to.be.at.most(80);
    expect(one.stdout).to.contain('TCP, the same 30 messages: 30 came back, in order.\n');
  });

  it('-- loss counts what its rows show', async () => {
    const { stdout } = await runUdp(['loss', '--count', '200', '--seed', '5']);

    const rows = stdout.split('\n');
    const [sent, back, lostThere, lostBack] = /UDP: .*/.exec(stdout)?.[0].match(/\d+/g) ?? [];
    expect(sent).to.equal('200');
    expect(rows.filter((row) => row.includes('✗ lost'))).to.have.length(Number(lostThere));
    expect(rows.filter((row) => row.includes('lost ✗'))).to.have.length(Number(lostBack));
    const arrived = rows.filter((row) => /^ *\d+ ◄/.test(row)).map((row) => Number.parseInt(row));
    expect(new Set(arrived).size).to.equal(Number(back));
  });

  itOnLinux('a network of its own', '-- loss --netem loses packets of both', async () => {
    const { code, stdout, stderr } = await runUdp(['loss', '--netem', '--loss', '10']);

    // A machine may not let us have such a network; then that is said.
    if (code !== 0) expect(stderr).to.match(/--netem can't be used here: .+\nWithout --netem, /);
    else {
      expect(stdout).to.match(/UDP: 20 sent, \d+ came back/);
      expect(stdout).to.match(/TCP: 20 sent, 20 came back, all of them, in order, in [\d.]+ s\./);
      expect(stdout).to.match(/\d+ of its segments were sent again/);
    }
  });

  it('-- speed shows what arrives over TCP and over UDP', async () => {
    const { code, stdout, stderr } = await runUdp(['speed']);

    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^TCP +█+ +\d+ MB\/s, 100 % arrived$/m);
    expect(stdout).to.match(/^UDP +█+ +\d+ MB\/s, [\d.]+ % arrived/m);
    expect(stdout).to.match(/^TCP +█+ +\d+ ms, \d+ µs each, handshake: \d+ µs$/m);
    expect(stdout).to.match(/^UDP +█+ +\d+ ms, \d+ µs each, no handshake$/m);
    for (const line of stdout.split('\n')) expect(line.length).to.be.at.most(80);
  });

  it('-- real-loss loses some, and neither side gets an error', async () => {
    const { code, stdout } = await runUdp(['real-loss']);

    expect(code).to.equal(0);
    expect(stdout).to.match(/sent +200 datagrams of 100 bytes, with 0 errors/);
    const received = Number(/received +(\d+)/.exec(stdout)?.[1]);
    expect(received).to.be.above(0).and.below(200);
    expect(stdout).to.match(new RegExp(`lost +${200 - received},`));
  });

  itOnLinux(
    'multicast on the loopback interface',
    '-- multicast reaches who has joined',
    async () => {
      const { code, stdout } = await runUdp(['multicast']);

      expect(code).to.equal(0);
      expect(stdout).to.match(/► receiver 1 +received/);
      expect(stdout).to.match(/► receiver 2 +received/);
      expect(stdout).to.match(/✗ receiver 4 +nothing/);
      expect(stdout).to.match(/► receiver 3 +received[^]*A trap: receiver 3/);
    },
  );

  itOnLinux(
    'multicast on the loopback interface',
    '-- multicast stays on this machine',
    async () => {
      const { code, stderr } = await runUdp(['multicast'], preloading('datagramCalls.cjs'));

      const calls = stderr.split('\n').filter((line) => line !== '');
      expect(code).to.equal(0);
      const firstSend = calls.findIndex((call) => call.startsWith('send'));
      expect(firstSend).to.be.above(0);
      expect(calls.indexOf('setMulticastTTL 0')).to.be.within(0, firstSend - 1);
      expect(calls.indexOf('setMulticastInterface 127.0.0.1')).to.be.within(0, firstSend - 1);
    },
  );

  itOnLinux(
    'broadcasts on the loopback interface',
    '-- broadcast reaches all, and unicast one',
    async () => {
      const { code, stdout } = await runUdp(['broadcast']);

      expect(code).to.equal(0);
      expect(stdout.replace(/\s+/g, ' ')).to.contain('must be allowed first');
      const [, all = '', one = ''] = stdout.split(/^(?:The same|Unicast)/m);
      expect(all.match(/► receiver/g)).to.have.length(3);
      expect(one.match(/► receiver/g)).to.have.length(1);
    },
  );

  it('refuses impossible options with a clear error message', async () => {
    const [tooMuch, notPercent, noCommand] = await Promise.all([
      runUdp(['loss', '--loss', '80', '--reorder', '30']),
      runUdp(['loss', '--loss', '101']),
      runUdp(['los']),
    ]);

    for (const { code, stderr } of [tooMuch, notPercent, noCommand]) {
      expect(code).to.equal(2);
      expect(stderr).not.to.match(/^\s+at /m);
    }
    expect(tooMuch.stderr).to.contain('more than 100 together');
  });
});

/** The last datagram that has come so far, or the next one. */
async function newest(
  socket: Awaited<ReturnType<typeof openDatagramSocket>>['socket'],
): Promise<Awaited<ReturnType<typeof socket.recvfrom>>> {
  let datagram = await socket.recvfrom();
  while (socket.unread > 0) datagram = await socket.recvfrom();
  return datagram;
}
