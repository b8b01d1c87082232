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
const schema = /^```json\n(.*?)^```/ms.exec(
  readFileSync(path.join(ROOT, 'docs/kit-json.md'), 'utf8'),
)?.[1];

describe('docs/kit.md', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  it('names the programs that there are', () => {
    const named = /^`PROGRAM` is (.*?)\. /ms.exec(page)?.[1] ?? '';

    expect([...named.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name)).to.deep.equal(
      Object.keys(PROGRAMS),
    );
  });

  itWith('python3', 'has a schema and a command for a class that do what it says', async () => {
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
    const command = /^npm run -s check -- date-server --each .*\n.*$/m.exec(page)?.[0] ?? '';
    const here = command.replace('npm run', `npm --prefix ${ROOT} run`);
    await promisify(execFile)('sh', ['-c', here], { cwd: folder });

    const marks = readFileSync(path.join(folder, 'marks.csv'), 'utf8');
    expect(marks)
      .to.match(/^ada,9,9,,,/m)
      .and.match(/^bob,2,9,3 The answer is/m);
    expect(readFileSync(path.join(folder, 'marks.html'), 'utf8')).to.contain('ada');
    const validate = new Ajv().compile(JSON.parse(schema ?? '') as object);
    for (const student of ['ada', 'bob']) {
      const file = path.join(folder, `reports/${student}.json`);
      const { result } = JSON.parse(readFileSync(file, 'utf8')) as { result: object };
      validate(result);
      expect(validate.errors).to.equal(null);
      expect(readFileSync(file.replace('.json', '.txt'), 'utf8')).to.contain('passed');
    }
  });
});
