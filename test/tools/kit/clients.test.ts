import { expect } from 'chai';
import * as path from 'node:path';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { allPassed, check, itChecks, type Mistake, ours, upTo } from './checking';

const DATE_MISTAKES: Record<string, Mistake> = {
  connects_elsewhere: [1, /connects somewhere else/],
  connects_to_v6: [1, /connects to ::1, not to 127\.0\.0\.1/],
  is_a_server: [1, /your program is a server: it listens on/],
  udp: [1, /uses UDP \(SOCK_DGRAM\)/],
  asks_the_user: [1, /waits for input from the keyboard: give it some with --stdin TEXT/],
  ends_at_once: [1, /nobody: your program ended with exit code 0/],
  only_receives: [2, /in this lab the client sends first/],
  waits_for_greeting: [2, /in this lab the client sends first/],
  own_clock: [3, /the time of its own clock/],
  prints_nothing: [3, /^nothing$/],
  one_recv: [4, /recv\(\) in a loop until everything has come/],
  until_end_of_file: [5, /waits for the server's end of file/],
  exit_code_3: [5, /ended with exit code 3/],
  tries_for_ever: [6, /stop trying/],
  says_nothing: [6, /no message/],
  loops_at_the_end: [7, /loops without waiting/],
};
const ECHO_MISTAKES: Record<string, Mistake> = {
  only_lines: [3, /recv\(\) does not wait for a line/],
  prints_what_it_sent: [3, /prints what it has sent/],
  prints_each_piece: [4, /prints what each recv\(\) returns by itself/],
  slide: [4, /recv\(\) in a loop until everything has come/],
};
const REMARKED = 'stack_trace';

describe('npm run check -- date-client', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  itChecks('date-client', 'date-client', DATE_MISTAKES, ['good'], { elsewhere: [REMARKED] });

  itWith(
    'python3',
    'has a remark for a stack trace, and for a failure with exit code 0',
    async () => {
      const program = path.join(ROOT, `test/tools/kit/gallery/date-client/${REMARKED}.py`);
      const { code, stages } = await check(
        'date-client',
        ...upTo(7),
        '--',
        'python3',
        program,
        '{port}',
      );

      const remarks = stages.filter(({ status }) => status === 'warned');
      expect(remarks.map(({ number, came }) => [number, came])).to.deep.equal([
        [6, 'a stack trace'],
        [7, 'exit code 0'],
      ]);
      expect(code).to.equal(0);
    },
  );

  it('finds nothing wrong with our own DateClient', async () => {
    const client = ours('DateClient', '--port', '{port}', '--wait', '1');

    allPassed(await check('date-client', '--', ...client));
  });

  it('needs a command', async () => {
    const { code, stderr } = await Program.script('tools/kit/main', ['date-client']).ended();

    expect(code).to.equal(2);
    expect(stderr).to.contain('a client needs its command');
  });
});

describe('npm run check -- echo-client', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  itChecks('echo-client', 'echo-client', ECHO_MISTAKES, ['good'], { elsewhere: ['asks_again'] });

  itWith('python3', 'says that a client waits for more input after the answer', async () => {
    const program = path.join(ROOT, 'test/tools/kit/gallery/echo-client/asks_again.py');
    const typed = ['--stdin', 'hello\\n', '--only', '1,2,3,5'];
    const { stages } = await check('echo-client', ...typed, '--', 'python3', program, '{port}');

    const last = stages.find(({ number }) => number === 5);
    expect(last?.status).to.equal('failed');
    expect(last?.likely).to.match(/^after the answer your client waits for more input from the/);
  });

  itWith('python3', 'answers with lines, if the lab has lines', async () => {
    const program = path.join(ROOT, 'test/tools/kit/gallery/echo-client/only_lines.py');
    allPassed(
      await check('echo-client', '--lines', ...upTo(5), '--', 'python3', program, '{port}'),
    );
  });

  it('finds nothing wrong with our own EchoClient', async () => {
    const client = ours('EchoClient', '--port', '{port}', '--wait', '1');

    allPassed(await check('echo-client', '--', ...client));
  });
});
