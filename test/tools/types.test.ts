import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { cleanUp } from '../helpers/cleanUp';
import { Program, ROOT } from '../helpers/Program';
import { temporaryFolder } from '../helpers/temporaryFolder';

const LAB = path.join(ROOT, 'src').replaceAll('\\', '/');

/** What `npm run types` says of a file of one's own with this `converse`. */
async function said(converse: string, name = 'OwnServer.ts') {
  const folder = await temporaryFolder();
  const text = `import type { Socket } from '${LAB}/socket/Socket';
import { SocketServer } from '${LAB}/socket/SocketServer';
export class OwnServer extends SocketServer {
  protected async converse(client: Socket): Promise<void> {
    ${converse}
  }
}
`;
  writeFileSync(path.join(folder, 'OwnServer.ts'), text);
  const env = { ...process.env, INIT_CWD: folder };
  const { code, stdout, stderr } = await Program.script('tools/types', [name], { env }).ended();
  return { code, stdout, stderr };
}

describe('npm run types', function () {
  this.timeout(60_000);
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('finds nothing where all is right', async () => {
    const { code, stdout } = await said('await client.sendall(await client.recv(1024));');

    expect({ code, stdout }).to.deep.equal({
      code: 0,
      stdout: 'Nothing found: the types are right, and no await is missing.\n',
    });
  });

  it('finds a wrong type, and an await that is missing, with their lines', async () => {
    const { code, stdout } = await said("await client.sendall('text');\n    client.recv(1024);");

    expect(code).to.equal(1);
    expect(stdout.split('\n')).to.have.length(3);
    expect(stdout).to.match(/^OwnServer\.ts:5: Argument of type 'string' is not assignable/);
    expect(stdout).to.match(/^OwnServer\.ts:6: nothing waits for this promise: an "await" is/m);
  });

  it('says which file is not there', async () => {
    const outcome = await said('', 'Other.ts');

    expect(outcome).to.deep.equal({
      code: 2,
      stdout: '',
      stderr: 'types: there is no file Other.ts\n',
    });
  });
});
