import { expect } from 'chai';
import { Program, runLab } from '../helpers/Program';
import packageJson from '../../package.json';

const SERVERS = ['EchoServer', 'DateServer', 'LoggingDateServer'];
const CLIENTS = ['EchoClient', 'DateClient'];

describe('The command line', () => {
  afterEach(() => Program.killAll());

  for (const name of [...SERVERS, ...CLIENTS]) {
    it(`of ${name} explains itself with --help`, async () => {
      const { code, stdout, stderr } = await runLab(name, ['--help']);

      expect(stdout).to.match(new RegExp(`^Usage: npx ts-node src/${name}.ts `));
      expect(stdout).to.contain('--host').and.to.contain('--port');
      expect(stdout.includes('--max-connections')).to.equal(SERVERS.includes(name));
      expect(stdout.includes('--log-dir')).to.equal(name === 'LoggingDateServer');
      expect(stdout.includes('--wait')).to.equal(CLIENTS.includes(name));
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
    });
  }

  it('prints the version with --version', async () => {
    const { code, stdout } = await runLab('DateClient', ['--version']);

    expect(stdout).to.equal(`${packageJson.version}\n`);
    expect(code).to.equal(0);
  });

  it('of npm run bench names the cases there are when --only finds none', async () => {
    const { code, stdout, stderr } = await Program.script('tools/bench/main', [
      '--only',
      'nosuch',
    ]).ended();

    expect(stderr).to.contain('No case has "nosuch" in its name').and.to.contain('  date, 64');
    expect(stdout).to.equal('');
    expect(code).to.equal(2);
  });

  const mistakes: [program: string, args: string[], complaint: RegExp][] = [
    [
      'EchoServer',
      ['--port', 'http'],
      /'http' is invalid. a port is a whole number from 0 to 65535/,
    ],
    ['DateServer', ['--port', '65536'], /a port is a whole number from 0 to 65535/],
    ['DateServer', ['--port=-1'], /a port is a whole number from 0 to 65535/],
    ['EchoClient', ['--port', '0'], /from 1 to 65535/],
    ['EchoServer', ['--max-connections', '0'], /a whole number from 1 to 1000000/],
    ['EchoServer', ['--idle-timeout', 'soon'], /a number of seconds, from 0.001 to 2147483/],
    ['DateClient', ['--wait', '-3'], /--wait/],
    ['DateClient', ['--timeout', '9999999'], /a number of seconds, from 0.001 to 2147483/],
    ['DateClient', ['two\nlines'], /it must be one line/],
    ['DateClient', ['--wait', ' '], /--wait/],
    ['DateClient', ['--wait', '0x0'], /--wait/],
    ['DateClient', ['--wait=-0'], /--wait/],
    ['DateClient', ['--wait', '0e5'], /--wait/],
    ['DateClient', ['--timeout', '0.0001'], /a number of seconds, from 0.001/],
    ['EchoClient', [''], /there is nothing to send/],
    ['EchoClient', ['gr\ufffd\ufffd'], /it is not UTF-8/],
    ['DateClient', ['sp\ufffdt?'], /it is not UTF-8/],
    ['EchoClient', ['Hello,', 'world'], /too many arguments/],
    ['EchoServer', ['--log-dir', 'x'], /unknown option '--log-dir'/],
    ['LoggingDateServer', ['--log-dir', ''], /--log-dir/],
    ['DateServer', ['--host', ''], /--host/],
  ];
  for (const [name, args, complaint] of mistakes) {
    it(`of ${name} refuses ${JSON.stringify(args.join(' '))} with exit code 2`, async () => {
      const { code, stdout, stderr } = await runLab(name, args);

      expect(stderr).to.match(complaint);
      expect(stderr).to.match(new RegExp(`^${name}: `));
      expect(stderr).not.to.match(/\n {4}at /);
      expect(stdout).to.equal('');
      expect(code).to.equal(2);
    });
  }
});
