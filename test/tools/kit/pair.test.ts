import { expect } from 'chai';
import * as path from 'node:path';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { allPassed, check, type Checked } from './checking';

const PAIRS = path.join(ROOT, 'test/tools/kit/gallery/pairs');

/** The slides' two programs. */
const [SERVER, CLIENT] = ['echo_server.py', 'echo_client.py'].map((file) =>
  path.join('../../../watch/programs', file),
) as [string, string];

function python(file: string): string {
  return `python3 '${path.join(PAIRS, file)}' {port}`;
}

function pair(server: string, client: string, ...options: string[]): Promise<Checked> {
  return check('pair', '--server', python(server), '--client', python(client), ...options);
}

function failedIn({ stages }: Checked): number[] {
  return stages.filter(({ status }) => status === 'failed').map(({ number }) => number);
}

describe('npm run check -- pair', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  itWith('python3', "passes the slides' server and client, which serve and ask once", async () => {
    allPassed(await pair(SERVER, CLIENT));
  });

  itWith('python3', 'passes the exercises 1 and 2 with --lab date', async () => {
    allPassed(await pair('date_server.py', 'date_client.py', '--lab', 'date'));
  });

  itWith('python3', 'says that the server is at fault, and not the client', async () => {
    const checked = await pair('upper_server.py', CLIENT);

    expect(failedIn(checked)).to.deep.equal([1, 3]);
    expect(checked.stages[2]?.came).to.match(/HELLO, WORLD.*; your client ended with exit code 0/);
    expect(checked.code).to.equal(1);
  });

  itWith('python3', 'says that the client is at fault, and not the server', async () => {
    const checked = await pair(SERVER, 'other_port_client.py');

    expect(failedIn(checked)).to.deep.equal([2, 3]);
    expect(checked.stages[1]?.likely).to.match(/^your client connects somewhere else/);
  });

  itWith('python3', 'says that a server of a pair is none', async () => {
    const checked = await pair(CLIENT, CLIENT);

    expect(failedIn(checked)).to.deep.equal([1, 3]);
    expect(checked.stages[2]?.likely).to.match(/^your program is a client/);
  });

  for (const [what, args, message] of [
    ['one command only', ['pair', '--server', 'python3 a.py'], /a pair needs two commands/],
    ['a command behind --', ['pair', '--server', 'a', '--client', 'b', '--', 'c'], /two commands/],
    ['a quote that is open', ['pair', '--server', '"a', '--client', 'b'], /a " is not closed/],
    ['an empty command', ['pair', '--server', ' ', '--client', 'b'], /a command, e\.g\./],
    ['a server of no pair', ['echo-server', '--server', 'a'], /are for a pair/],
  ] as const) {
    it(`does not take ${what}`, async () => {
      const { code, stderr } = await Program.script('tools/kit/main', [...args]).ended();

      expect(stderr).to.match(message);
      expect(code).to.equal(2);
    });
  }
});
