import { expect } from 'chai';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Program, ROOT } from '../helpers/Program';

describe('npm start and npm test, before they begin', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'lab3-ready-')));
    mkdirSync(path.join(folder, 'bin'));
    for (const file of ['bin/ready.js', 'package.json', 'tsconfig.json'])
      copyFileSync(path.join(ROOT, file), path.join(folder, file));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  async function ready(): Promise<[code: number | null, stderr: string]> {
    const env = { ...process.env, npm_lifecycle_event: 'start' };
    const program = new Program(process.execPath, ['bin/ready.js'], { cwd: folder, env });
    const { code, stderr } = await program.ended();
    return [code, stderr];
  }

  it('say what to do if nothing is installed', async () => {
    expect(await ready()).to.deep.equal([
      1,
      `The lab's packages are not installed yet.\nTry: npm ci\n     in ${folder}\n`,
    ]);
  });

  it('say what to do if another system has installed it, or the installation is not complete', async () => {
    mkdirSync(path.join(folder, 'node_modules/.bin'), { recursive: true });
    const [code, stderr] = await ready();

    expect(code).to.equal(1);
    expect(stderr).to.match(/^node_modules is not complete, .*\nTry: npm ci\n/);
  });

  it('say that Node is too old', async () => {
    const file = path.join(folder, 'package.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('>=20.19', '>=1000.1'));
    const [code, stderr] = await ready();

    expect(code).to.equal(1);
    expect(stderr).to.match(/^The lab needs Node 1000\.1 or later, and this is \d/);
    expect(stderr).to.contain('Try: npx -y -p node@22 -- npm start\n');
  });

  it('are silent if everything is there', async () => {
    mkdirSync(path.join(folder, 'node_modules/.bin'), { recursive: true });
    for (const name of ['ts-node', 'ts-node.cmd'])
      writeFileSync(path.join(folder, 'node_modules/.bin', name), '');
    expect(await ready()).to.deep.equal([0, '']);
  });
});
