import { expect } from 'chai';
import * as path from 'node:path';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { allPassed, check, freshFolder, itChecks, type Mistake, ours } from './checking';

const MISTAKES: Record<string, Mistake> = {
  logs_nothing: [10, /nothing is logged there/],
  one_file: [10, /writes into a file without a number/],
  same_name: [10, /opens the same file each time/],
  at_accept: [10, /logs as soon as accept\(\) returns a client/],
  logs_nothing_said: [10, /that is end of file, not a request/],
  appends: [12, /existed before your program started, and your program added a line/],
  two_files: [10, /one request is one file/],
  only_ten_names: [11, /count the number up, and never begin again/],
  keeps_open: [12, /close\(\) the file/],
  two_lines: [12, /one line, and no heading/],
  late_trailer: [12, /a later request wrote/],
  check_then_create: [13, /took the same number/],
  counts_from_0: [14, /starts counting again after each start/],
  answers_before: [15, /answers before it has logged/],
};
const REMARKED = 'another_name_each_start';

function command(file: string): string[] {
  return ['--log-dir', freshFolder(), '--', 'python3', file, '{port}', '{log-dir}'];
}

describe('npm run check -- logging-date-server', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  itChecks('logging-date-server', 'logging', MISTAKES, ['good_exclusive', 'good_lock'], {
    elsewhere: [REMARKED],
    command,
  });

  itWith('python3', 'has a remark for numbers that begin again beside another name', async () => {
    const program = path.join(ROOT, `test/tools/kit/gallery/logging/${REMARKED}.py`);
    const { code, stages } = await check(
      'logging-date-server',
      '--only',
      '14',
      ...command(program),
    );

    expect(stages).to.have.length(1);
    expect(stages[0]).to.include({ number: 14, status: 'warned' });
    expect(code).to.equal(0);
  });

  it('finds nothing wrong with our own LoggingDateServer', async () => {
    const folder = path.join(freshFolder(), 'logs');
    const server = ours('LoggingDateServer', '--port', '{port}', '--log-dir', '{log-dir}');

    allPassed(await check('logging-date-server', '--log-dir', folder, '--', ...server));
  });
});
