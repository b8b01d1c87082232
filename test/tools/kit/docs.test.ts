import Ajv from 'ajv/dist/2020';
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { PROGRAMS } from '../../../tools/kit/programs';
import { freshFolder } from './checking';

const page = readFileSync(path.join(ROOT, 'docs/kit.md'), 'utf8');

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? '';
}

describe('docs/kit.md', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  it('names the programs that there are', () => {
    const named = /^`PROGRAM` is (.*?);/ms.exec(page)?.[1] ?? '';

    expect([...named.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name)).to.deep.equal(
      Object.keys(PROGRAMS),
    );
  });

  itWith('python3', 'has a schema and a loop that do what it says', async () => {
    const folder = freshFolder();
    for (const [student, program] of [
      ['ada', 'good_closes'],
      ['bob', 'frozen'],
    ]) {
      mkdirSync(path.join(folder, `submissions/${student}`), { recursive: true });
      copyFileSync(
        path.join(ROOT, `test/tools/kit/gallery/date/${program}.py`),
        path.join(folder, `submissions/${student}/DateServer.py`),
      );
    }
    const loop = block('sh')
      .replace('--prefix lab', `--prefix ${ROOT}`)
      .replace('python3 DateServer.py', 'python3 DateServer.py {port}');
    const { stdout } = await promisify(execFile)('sh', ['-c', loop], { cwd: folder });

    expect(stdout).to.equal('0 submissions/ada/\n1 submissions/bob/\n');
    const validate = new Ajv().compile(JSON.parse(block('json')) as object);
    for (const student of ['ada', 'bob']) {
      const file = path.join(folder, `submissions/${student}/result.json`);
      validate(JSON.parse(readFileSync(file, 'utf8')));
      expect(validate.errors).to.equal(null);
      expect(readFileSync(file.replace('result.json', 'report.txt'), 'utf8')).to.contain('passed');
    }
  });
});
