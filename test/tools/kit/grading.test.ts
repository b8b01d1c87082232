import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { ROOT } from '../../helpers/Program';
import { freshFolder } from './checking';

const GRADING = path.join(ROOT, 'starter/grading');
const run = promisify(execFile);

/** Puts a date server of the gallery there as a submission. */
function submit(folder: string, program: string): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(ROOT, `test/tools/kit/gallery/date/${program}.py`);
  copyFileSync(file, path.join(folder, 'DateServer.py'));
}

describe('starter/grading/', function () {
  this.timeout(240_000);
  afterEach(cleanUp);

  itWith('python3', 'run_autograder writes what Gradescope reads', async () => {
    const folder = freshFolder();
    for (const name of ['source', 'results']) mkdirSync(path.join(folder, name));
    symlinkSync(ROOT, path.join(folder, 'source/lab'));
    submit(path.join(folder, 'submission'), 'frozen');
    await run('bash', [path.join(GRADING, 'run_autograder')], {
      env: { ...process.env, AUTOGRADER: folder, POINTS: '1=2,3=5' },
    });

    const file = path.join(folder, 'results/results.json');
    const { score, tests } = JSON.parse(readFileSync(file, 'utf8')) as {
      score: number;
      tests: { score: number; max_score: number; output: string }[];
    };
    expect(score).to.equal(3);
    expect(tests.map((test) => [test.score, test.max_score]).slice(0, 3)).to.deep.equal([
      [2, 2],
      [1, 1],
      [0, 5],
    ]);
    expect(tests[2]?.output).to.contain('reads the clock only once');
  });

  itWith('python3', 'mark_class, which the Dockerfile starts, marks a class', async () => {
    const folder = freshFolder();
    submit(path.join(folder, 'submissions/ada'), 'hangs_up');
    mkdirSync(path.join(folder, 'marks'));
    const command = ['date-server', '--only', '1,2', '--', 'python3', 'DateServer.py', '{port}'];
    await run('bash', [path.join(GRADING, 'mark_class'), ...command], {
      env: { ...process.env, CLASS: folder, LAB: ROOT },
    });

    const marks = readFileSync(path.join(folder, 'marks/marks.csv'), 'utf8');
    expect(marks).to.match(/^ada,1,2,2 It waits for a question/m);
  });

  for (const script of ['setup.sh', 'run_autograder', 'mark_class'])
    itWith('bash', `${script} is a script that bash can read`, async () => {
      await run('bash', ['-n', path.join(GRADING, script)]);
    });
});
