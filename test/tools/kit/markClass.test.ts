import { expect } from 'chai';
import { copyFileSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import * as path from 'node:path';
import { sharedFailures, toCsv, toPage } from '../../../tools/kit/marks';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { freshFolder } from './checking';

const DATE = path.join(ROOT, 'test/tools/kit/gallery/date');
const MARK = {
  student: 'ada',
  points: 1,
  of: 2,
  failure: '2 It <waits>',
  cause: 'you "wait", too long',
  seconds: 1.5,
  problem: undefined,
  report: 'ok <script>alert(1)</script>',
};

describe('npm run check -- PROGRAM --each', function () {
  this.timeout(240_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  itWith('python3', 'marks a class, and goes on where it was cut off', async () => {
    const folder = freshFolder();
    const submit = (student: string, program: string) => {
      mkdirSync(path.join(folder, 'submissions', student), { recursive: true });
      copyFileSync(
        path.join(DATE, `${program}.py`),
        path.join(folder, 'submissions', student, 'DateServer.py'),
      );
    };
    submit('ada', 'good_closes');
    submit('bob', 'frozen');
    submit('cem <b>', 'hangs_up');
    const mark = async () => {
      const at = (name: string) => path.join(folder, name);
      const files = ['--csv', at('marks.csv'), '--html', at('marks.html')];
      const kit = Program.script('tools/kit/main', [
        ...['date-server', '--each', at('submissions'), '--reports', at('reports'), ...files],
        ...['--only', '1,2,3', '--points', '3=4', '--', 'python3', 'DateServer.py', '{port}'],
      ]);
      const { code, stdout, stderr } = await kit.ended();
      expect(stderr).to.equal('');
      expect(code).to.equal(0);
      return stdout;
    };
    const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
    const first = await mark();

    expect(first).to.match(/^bob: 2 of 6, fails 3 .*\(\d left\)$/m);
    expect(first).to.match(/^ada +6 of 6/m);
    expect(read('marks.csv').split('\r\n').slice(0, 2)).to.deep.equal([
      'student,points,of,fails first,cause,seconds,problem',
      read('marks.csv').split('\r\n')[1],
    ]);
    expect(read('marks.csv'))
      .to.match(/^ada,6,6,,,/m)
      .and.match(/^bob,2,6,3 The answer is/m);
    expect(read('marks.html')).to.contain('cem &#60;b&#62;').and.not.to.contain('cem <b>');
    expect(read('reports/bob.txt')).to.match(/reads\s+the\s+clock\s+only\s+once/);

    submit('bob', 'good_closes');
    const soon = Date.now() / 1000 + 60;
    utimesSync(path.join(folder, 'submissions/bob/DateServer.py'), soon, soon);
    rmSync(path.join(folder, 'reports/cem <b>.json'));
    const second = await mark();

    expect(second).to.contain('Reports kept from an earlier run: 1.');
    expect(second).not.to.match(/^ada:/m);
    expect(second).to.match(/^bob: 6 of 6, all passed/m);
  });

  it('has messages for impossible options', async () => {
    const run = (...args: string[]) =>
      Program.script('tools/kit/main', ['date-server', ...args]).ended();
    const [none, alone, empty] = await Promise.all([
      run('--each', '/no/such/folder', '--', 'true'),
      run('--csv', 'marks.csv', '--', 'true'),
      run('--each', freshFolder(), '--', 'true'),
    ]);

    expect(none.stderr).to.contain('there are no submissions');
    expect(alone.stderr).to.contain('--csv and --html are for --each FOLDER');
    expect(empty.stderr).to.contain('there are no folders');
    for (const { code } of [none, alone, empty]) expect(code).to.equal(2);
  });

  it('has a table in which nothing is a formula, and quotes are quotes', () => {
    const table = toCsv([{ ...MARK, student: '=1+1' }]);

    expect(table.split('\r\n')[1]).to.equal(`'=1+1,1,2,2 It <waits>,"you ""wait"", too long",1.5,`);
  });

  it('has a page in which markup is text', () => {
    expect(toPage('date-server', [MARK]))
      .to.contain('ok &#60;script&#62;')
      .and.not.contain('<script');
  });

  it('counts what many have in common, the most common first', () => {
    const other = { ...MARK, failure: '6 A second client' };

    expect(sharedFailures([MARK, other, other])).to.equal(
      'students fail first\n    2  6 A second client\n    1  2 It <waits>\n',
    );
  });
});
