import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { EchoServer } from '../../../src/EchoServer';
import { cleanUp } from '../../helpers/cleanUp';
import { itOnLinux, itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { startServer } from '../../helpers/startServer';
import {
  allPassed,
  check,
  freshFolder,
  itChecks,
  itChecksSlow,
  type Mistake,
  ours,
  upTo,
} from './checking';

/** Other systems have no 127.0.0.2 unless it is added. */
const ON_LINUX: Record<string, Mistake> =
  process.platform === 'linux'
    ? { another_interface: [1, /your program listens on 127\.0\.0\.2:\d+ instead/] }
    : {};
const MISTAKES: Record<string, Mistake> = {
  ends_after_the_first: [6, /ends after its first client/],
  starts_late: [6, /ends after its first client/],
  one_exchange: [4, /answers once and closes/],
  one_at_a_time: [7, /talks with one client at a time/],
  only_lines: [2, /as soon as a newline had come/],
  only_at_the_end: [2, /only after the client's end of file/],
  no_flush: [2, /stays in a buffer/],
  adds_newline: [2, /adds a newline/],
  decodes: [3, /do not decode/],
  stops_at_nul: [3, /treats NUL as the end/],
  at_most_1024: [8, /send back everything that recv\(\) returned/],
  send_not_sendall: [8, /use sendall/],
  short_recv_is_the_end: [8, /is not the end of a message/],
  loops_at_the_end: [5, /loops without waiting/],
  never_closes: [5, /never calls close/],
  loses_the_rest: [5, /closes before it has sent the rest/],
  pool_of_ten: [11, /limited number of threads or processes \(10\)/],
  another_port: [1, /your program listens on 127\.0\.0\.1:\d+ instead/],
  ...ON_LINUX,
  one_reset_ends_it: [10, /catch that around one conversation/],
  sends_str: [2, /need bytes, and this is a str: encode\(\) it \(sends_str\.py, line \d+\)/],
  capitals: [2, /in capital letters/],
  says_echo: [2, /comes back with 'Echo: ' before it/],
  strips: [3, /your server strips what it received/],
  sends_repr: [2, /how Python prints bytes/],
  twice: [2, /comes back twice/],
  reversed: [2, /comes back reversed/],
  http: [2, /speaks HTTP/],
  waits_for_1024: [2, /^probably .* Or your server waits for more bytes than one question has/],
  no_listen: [1, /does not listen: call listen\(\) before it/],
  takes_no_pair: [2, /accept\(\) returns a pair/],
  talks_on_the_welcoming: [2, /call them on the socket that accept\(\) returns/],
  closes_in_the_loop: [4, /used after close\(\)|answers once and closes/],
  closes_after_a_part: [
    3,
    /used after close\(\): .* or inside the loop \(closes_after_a_part\.py, line \d+\)/,
  ],
  takes_64_bytes: [3, /of 256 bytes of text, too, only the first 64 come back/],
  asks_for_a_name: [1, /waits for input from the keyboard: give it some with --stdin TEXT/],
  ends_immediately: [2, /^your program ended with exit code 0 before it had answered/],
  types_the_answer: [2, /^your program waits for input from the keyboard before it answers/],
  udp: [1, /has UDP port \d+ \(SOCK_DGRAM\)/],
  is_a_client: [1, /your program is a client/],
  greets: [2, /greets each client, with 'Welcome!\\n'/],
  always_the_same: [2, /answers 'ERROR: unknown command\\n' to every message/],
  replaces: [3, /come back as U\+FFFD/],
  one_variable: [7, /the answer came on the other connection/],
  needs_a_word: [9, /needs_a_word\.py, line \d+ says IndexError/],
};
const REMARKED: Record<string, Mistake> = {
  no_reuseaddr: [12, /SO_REUSEADDR/],
  in_use_unsaid: [12, /as soon as the old connection was gone/],
};
const RIGHT = ['good_threads', 'good_asyncio', 'good_but_noisy', 'good_enter_to_stop'];

const LINES_MISTAKES: Record<string, Mistake> = {
  no_newline: [2, /the newline at its end is missing/],
  capitals: [2, /in capital letters/],
  strips: [3, /your server strips what it received/],
};

describe('npm run check -- echo-server --lines', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  const command = (file: string) => ['--lines', '--', 'python3', file, '{port}'];
  itChecks('echo-server', 'lines', LINES_MISTAKES, ['good', 'good_crlf'], { command });
});

describe('npm run check -- echo-server', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  itChecks('echo-server', 'echo', MISTAKES, RIGHT, {
    remarked: REMARKED,
    elsewhere: [
      'only_accepts',
      'only_receives',
      'slow',
      'slow_once',
      ...(process.platform === 'linux' ? [] : ['another_interface']),
    ],
  });

  itChecksSlow('echo-server', 'echo', 2);

  itWith('python3', 'repeats a stage that ran out of time before it counts', async () => {
    const program = path.join(ROOT, 'test/tools/kit/gallery/echo/slow_once.py');
    const cwd = freshFolder();
    const command = ['--cwd', cwd, '--', 'python3', program, '{port}'];
    allPassed(await check('echo-server', ...upTo(3), ...command));

    expect(readFileSync(path.join(cwd, 'starts'), 'utf8').length).to.be.above(3);
  });

  it('finds nothing wrong with our own EchoServer', async () => {
    allPassed(await check('echo-server', '--', ...ours('EchoServer', '--port', '{port}')));
  });

  it('checks a server that runs already, but for what would end it', async () => {
    const port = String(await startServer(new EchoServer()));
    const { code, stages } = await check('echo-server', '--port', port);

    expect(stages.slice(0, 11).map(({ status }) => status)).to.deep.equal(Array(11).fill('passed'));
    expect(stages[11]).to.include({
      status: 'not tried',
      because: "it starts and ends the program, so it needs the program's command",
    });
    expect(code).to.equal(0);
  });

  it("reports what the kit can't do, with exit code 2 and no stack trace", async () => {
    const port = String(await startServer(new EchoServer()));
    const run = (...args: string[]) => Program.script('tools/kit/main', args).ended();
    const [unknown, missing, taken] = await Promise.all([
      run('echo-sever'),
      run('echo-server', '--', 'no-such-command-here', '{port}'),
      run('echo-server', '--port', port, '--', 'true'),
    ]);

    for (const { code, stderr } of [unknown, missing, taken]) {
      expect(code).to.equal(2);
      expect(stderr).not.to.match(/^\s+at /m);
    }
    expect(missing.stderr).to.contain('there is no command "no-such-command-here"');
    expect(taken.stderr).to.contain('another program already listens on');
  });

  itOnLinux('/proc', 'uses the port that the program opens, with --port any', async () => {
    const command = ['--port', 'any', '--', ...ours('EchoServer', '--port', '0')];
    allPassed(await check('echo-server', ...command));
    const { code, stages } = await check('echo-server', '--port', 'any', '--', 'true');
    const udp = ['python3', 'test/tools/kit/gallery/echo/udp.py', '0'];
    const datagrams = await check('echo-server', '--port', 'any', '--', ...udp);
    const client = await Program.script('tools/kit/main', [
      'echo-client',
      '--port',
      'any',
      '--',
      'true',
    ]).ended();

    expect([code, stages[0]?.status]).to.deep.equal([1, 'failed']);
    expect(stages[0]).to.include({ came: 'it opened none: your program ended with exit code 0' });
    expect(stages[0]?.likely).to.match(/^your program comes to its end without an error/);
    expect(stages[0]?.try).to.equal(undefined);
    expect(datagrams.stages[0]?.likely).to.match(/^your program has UDP port \d+/);
    expect([client.code, client.stderr]).to.deep.equal([
      2,
      'npm run check: the kit gives a client its port, so --port any is only for servers\n',
    ]);
  });

  it('fails a program that does nothing at all', async () => {
    const { code, stages } = await check('echo-server', '--', 'true', '{port}');

    expect(code).to.equal(1);
    expect(stages.map(({ status }) => status)).to.deep.equal([
      'failed',
      ...Array.from({ length: 11 }, () => 'not tried'),
    ]);
  });
});
