import { expect } from 'chai';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { hasCommand } from '../helpers/itOnLinux';
import { type Outcome, Program, ROOT } from '../helpers/Program';

const SERVER_OF_A_STUDENT = `import socket, sys, time
s = socket.create_server(('127.0.0.1', int(sys.argv[1])))
while True:
    conn, addr = s.accept()
    with conn:
        while conn.recv(1024):
            conn.sendall(time.strftime('%Y-%m-%dT%H:%M:%S').encode())
`;

/** How the command gets there: after `npm link` in a clone, or from a packed tarball in an empty folder. */
const WAYS: Record<string, (folder: string) => Promise<void>> = {
  'after npm link': link,
  'installed from a packed tarball': install,
};

for (const [way, prepare] of Object.entries(WAYS)) {
  describe(`lab3, ${way}`, function () {
    this.timeout(300_000);
    let folder: string;
    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'lab3 bin-'));
      await prepare(folder);
    });
    after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    afterEach(() => Program.killAll());

    const start = (...args: string[]) =>
      new Program('lab3', args, { cwd: folder, env: withPath(folder) });
    const lab3 = (...args: string[]): Promise<Outcome> => start(...args).ended();

    it('has a map', async () => {
      const { code, stdout, stderr } = await lab3('--help');
      const [none, wrong, inherited] = await Promise.all([
        lab3(),
        lab3('nonsense'),
        lab3('constructor'),
      ]);

      expect([code, stderr, none.stdout]).to.deep.equal([0, '', stdout]);
      expect(stdout)
        .to.match(/^Usage: lab3 NAME/)
        .and.to.contain('  logging-date-server ');
      expect([wrong.code, wrong.stdout]).to.deep.equal([2, '']);
      expect(inherited.stderr).to.match(/^lab3: there is no "constructor"\n/);
      expect(wrong.stderr).to.contain('lab3: there is no "nonsense"').and.to.contain(stdout);
    });

    for (const [server, client, answer] of [
      ['echo-server', 'echo-client', "Received 'Hello, world'"],
      ['logging-date-server', 'date-client', /^\d{4}-\d\d-\d\dT/],
      ['udp-echo-server', 'udp-echo-client', "Received 'Hello, world'"],
    ] as const) {
      it(`runs ${server} and ${client}`, async () => {
        const { port } = await start(server, '--port', '0').address();
        const { code, stdout, stderr } = await lab3(client, '--port', String(port));

        expect([code, stderr]).to.deep.equal([0, '']);
        expect(stdout).to.match(new RegExp(answer));
      });
    }

    it('names itself in what it advises', async () => {
      const { code, stderr } = await lab3('echo-client', '--port', '1', '--wait', '0');

      expect(code).to.equal(1);
      expect(stderr).to.contain('lab3 echo-server --port 1').and.not.to.contain('ts-node');
    });

    it('draws the lines of the sources', async () => {
      const { code, stdout, stderr } = await lab3('trace', 'echo', '--seconds', '100');

      expect([code, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.match(/EchoClient\.ts:\d+ sendall\(12 B\)/);
    });

    it('serves the page, with its scripts and the sources', async () => {
      const live = start('live', '--port', '0');
      const [, url = ''] = await live.printed(/Open (http:\S+) in a browser/);
      const [page, script] = await Promise.all(
        ['', 'js/tools/page/browser/live.js'].map(async (file) =>
          (await fetch(new URL(file, url))).text(),
        ),
      );

      expect(page).to.match(/"src\/EchoServer\.ts":\["[^\]]*converse/);
      expect(script).to.match(/ from 'lab\/tools\/page\/browser\/Viewer'/);
    });

    it('shows what UDP does', async () => {
      const { code, stdout, stderr } = await lab3('udp', 'loss');

      expect([code, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.contain('UDP: 20 sent, 16 came back');
    });

    it('checks a program of the folder that one is in', async function () {
      if (!hasCommand('python3')) this.skip();
      writeFileSync(path.join(folder, 'DateServer.py'), SERVER_OF_A_STUDENT);
      const { code, stdout, stderr } = await lab3(
        ...['check', 'date-server', '--only', '1,2', '--'],
        ...['python3', 'DateServer.py', '{port}'],
      );

      expect([code, stderr], stdout).to.deep.equal([0, '']);
      expect(stdout).to.contain('2 passed, 0 failed');
    });
  });
}

async function link(folder: string): Promise<void> {
  await npm(['link'], { cwd: ROOT, prefix: folder });
}

/** As a package has it: compiled, and none of the tools that only a clone needs. */
async function install(folder: string): Promise<void> {
  // The tests run from the build that would be packed: so it need not be made once more.
  const scripts = __filename.endsWith('.js') ? ['--ignore-scripts'] : [];
  await npm(['pack', ...scripts, '--pack-destination', folder], { cwd: ROOT });
  const packed = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const quick = ['--prefer-offline', '--no-audit', '--no-fund'];
  await npm(['install', ...quick, ...packed.map((name) => `./${name}`)], { cwd: folder });
}

async function npm(args: string[], { cwd, prefix }: { cwd: string; prefix?: string }) {
  const env = { ...process.env, ...(prefix === undefined ? {} : { npm_config_prefix: prefix }) };
  const { code, stderr } = await new Program('npm', args, { cwd, env }).ended();
  expect(code, stderr).to.equal(0);
}

/**
 * With the folders first in which npm puts commands. No coverage is measured: it is 4 MB for each start with
 * ts-node, and others measure the same code.
 */
function withPath(folder: string): NodeJS.ProcessEnv {
  const folders = ['bin', 'node_modules/.bin'].map((name) => path.join(folder, name));
  const PATH = [...folders, process.env['PATH']].join(path.delimiter);
  return { ...process.env, PATH, NODE_V8_COVERAGE: '' };
}
