import * as path from 'node:path';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { allPassed, check, itChecks, itChecksSlow, type Mistake, ours, upTo } from './checking';

const MISTAKES: Record<string, Mistake> = {
  another_port: [1, /your program listens on 127\.0\.0\.1:\d+ instead/],
  answers_on_connect: [2, /answers on connect, as RFC 867/],
  answers_and_closes: [2, /answers on connect, as RFC 867/],
  every_second: [2, /answers on connect, as RFC 867/],
  echoes: [3, /sends the question back, like an echo server/],
  hangs_up: [2, /closes before it was asked/],
  frozen: [3, /reads the clock only once/],
  no_date: [3, /neither today's date nor the present time/],
  a_word_of_its_own: [3, /needs a special question, give it with --question TEXT/],
  yesterday: [3, /neither today's date nor the present time/],
  compares: [3, /strip\(\) what you receive/],
  no_flush: [3, /stays in a buffer/],
  only_lines: [4, /as soon as a newline had come/],
  ends_after_the_first: [5, /ends after its first client/],
  one_at_a_time: [6, /talks with one client at a time/],
  one_reset_ends_it: [8, /catch that around one conversation/],
};
const REMARKED: Record<string, Mistake> = {
  answers_each_piece: [4, /TCP has no messages/],
  no_reuseaddr: [9, /SO_REUSEADDR/],
};

describe('npm run check -- date-server', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  itChecks('date-server', 'date', MISTAKES, ['good_lines', 'good_closes'], {
    remarked: REMARKED,
    elsewhere: ['slow'],
  });
  itChecksSlow('date-server', 'date', 3);

  itWith('python3', 'asks a server its special question', async () => {
    const program = path.join(ROOT, 'test/tools/kit/gallery/date/a_word_of_its_own.py');
    const question = ['--question', 'TIME', ...upTo(3)];
    allPassed(await check('date-server', ...question, '--', 'python3', program, '{port}'));
  });

  it('finds nothing wrong with our own DateServer', async () => {
    allPassed(await check('date-server', '--', ...ours('DateServer', '--port', '{port}')));
  });
});
