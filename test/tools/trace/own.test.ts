import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseTrace } from '../../../src/trace/record';
import { cleanUp } from '../../helpers/cleanUp';
import { hasCommand, itWith } from '../../helpers/itOnLinux';
import { processesWith } from '../../helpers/processes';
import { type Outcome, Program, ROOT } from '../../helpers/Program';
import { freshFolder } from '../kit/checking';

const PROGRAMS = path.join(ROOT, 'test/tools/watch/programs');
/** A program that hangs is drawn after this many seconds. */
const SOON = ['--seconds', '8'];

/** Where the system has it. */
function commandPath(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
}

/** Runs `npm run trace -- ARGS` from the folder of the programs. */
function trace(...args: string[]): Promise<Outcome> {
  return Program.script('tools/trace/main', ['--cwd', PROGRAMS, ...args]).ended();
}

function server(file: string): string[] {
  return ['--server', `python3 ${file} {port}`];
}

/** The picture without what differs from run to run. */
function withoutPorts(text: string): string {
  return text.replace(/:\d{4,5}(?=\)| )( *)/g, (found) => ':PORT'.padEnd(found.length));
}

/** The rows of the server: its calls, each with its line. */
function callsOfServer(picture: string): string[] {
  return picture
    .split('\n')
    .flatMap((line) => /[│┆►] (\w+\(.*)$/.exec(line)?.[1] ?? [])
    .map((call) => call.replace(/ {2,}/g, ' '));
}

describe("npm run trace with a student's own program", function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  itWith('python3', "draws the slides' two programs with their own lines", async () => {
    const client = ['--client', 'python3 echo_client.py {port}'];
    const { code, stdout, stderr } = await trace(...server('echo_server.py'), ...client);

    expect([code, stderr]).to.deep.equal([0, '']);
    const golden = readFileSync(path.join(PROGRAMS, 'echo.txt'), 'utf8');
    expect(withoutPorts(stdout)).to.equal(golden);
    expect(readFileSync(path.join(ROOT, 'docs/python.md'), 'utf8')).to.contain(golden);
  });

  itWith('python3', 'runs it instead of one of ours', async () => {
    const date = await trace('date', '--client', 'python3 echo_client.py {port}');
    const udp = await trace('udp-echo', ...server('udp_server.py'));

    expect([date.code, udp.code]).to.deep.equal([0, 0]);
    expect(date.stdout)
      .to.match(/^ +echo_client +DateServer$/m)
      .and.match(/Received b'20\d\d-/);
    expect(udp.stdout).to.match(/"Hello, world" ─+►│ recvfrom\(\) = 12 +:7\n/);
  });

  for (const [file, ...calls] of [
    ['handlers.py', 'recv() = 11 :8', 'sendall(11 B) :9'],
    ['forks.py', 'close() #2 :15', 'recv() = 12 :11', 'recv() = 0 :11', 'close() #2 :13'],
    ['selects.py', 'recv() = 12 :16', 'sendall(12 B) :18', 'close() #2 :21'],
  ] as const) {
    itWith('python3', `draws ${file}`, async () => {
      const client = file === 'handlers.py' ? ['--client', 'python3 line_client.py {port}'] : [];
      const { code, stdout } = await trace('echo', ...server(file), ...client);

      expect([code, stdout.includes('ended by')], stdout).to.deep.equal([0, false]);
      expect(callsOfServer(stdout)).to.include.members([...calls]);
      expect(stdout.match(/end of file/g), stdout).to.have.length(1);
    });
  }

  itWith(
    'python3',
    'draws what hangs as far as it came, and says what each waits for',
    async () => {
      const mark = `hang-${process.pid}`;
      const env = { ...process.env, TEST_MARK: mark };
      const args = ['echo', ...server('waits_for_lines.py'), '--cwd', PROGRAMS, ...SOON];
      const { code, stdout } = await Program.script('tools/trace/main', args, { env }).ended();

      expect(stdout).to.match(/"Hello, world" ─+►│ recv\(\) = 12/);
      expect(stdout).to.match(/^waits_for_lines waits in recv\(\), waits_for_lines\.py:7\.$/m);
      expect(stdout).to.match(/^EchoClient waits in recv\(\)/m);
      expect(stdout).to.match(/^waits_for_lines was still running, and was ended\.$/m);
      expect(code).to.equal(1);
      expect(processesWith(mark)).to.deep.equal([]);
    },
  );

  itWith('python3', 'is ended by Ctrl-C, and draws what there is', async () => {
    const args = ['echo', ...server('waits_for_lines.py'), '--cwd', PROGRAMS, '--seconds', '100'];
    const run = Program.script('tools/trace/main', args);
    while (processesWith('LAB_WATCH_ROLE=server').length === 0) await setTimeout(20);
    const { code, stdout } = await run.kill('SIGINT');

    expect(code).to.equal(1);
    expect(stdout).to.match(/^waits_for_lines: watched from inside Python\n/);
  });

  itWith('python3', 'folds what comes again and again, and ends it', async () => {
    const { stdout } = await trace('echo', ...server('loops.py'));

    expect(stdout).to.match(/^\.\.\. and so on, [\d,]+ more times$/m);
    expect(stdout.split('\n').length).to.be.below(40);
  });

  itWith('python3', 'says how a program has failed, and what it has printed', async () => {
    const folder = freshFolder();
    const program = 'import socket\ns = socket.socket()\ns.bind(("127.0.0.1", "x"))\n';
    writeFileSync(path.join(folder, 'my server.py'), program);
    const command = `python3 "my server.py"`;
    const { code, stdout } = await trace('echo', '--server', command, '--cwd', folder);

    expect(stdout).to.match(/│ bind\(\) ✗ TypeError +:3\n/);
    expect(stdout).to.contain('No client was started: my server does not listen.');
    expect(stdout).to.match(/^my server printed\n {4}Traceback .*\n {6}File ".*my server\.py"/m);
    expect(stdout).not.to.contain('sitecustomize');
    expect(stdout).to.match(/^my server ended with exit code 1\.$/m);
    expect(code).to.equal(1);
  });

  itWith(
    'python3',
    'lets several clients connect at the same moment, each in its lane',
    async () => {
      const { code, stdout } = await trace('date', '--clients', '3');
      const rows = stdout.split('\n');
      const last = rows.findLastIndex((row) => row.includes('socket()'));
      const first = rows.findIndex((row) => row.includes('connect('));

      expect(code).to.equal(0);
      expect(rows[0]).to.match(/^ +DateClient A B C +DateServer$/);
      expect(last).to.be.below(first);
      for (const letter of 'ABC') expect(stdout).to.match(new RegExp(` ${letter} close\\(\\) `));
      expect(stdout)
        .to.match(/accept\(\) = #4 :\d+/)
        .and.match(/close\(\) #4/);
    },
  );

  itWith(
    'gcc',
    'draws a program in C, with its lines where it was compiled with them',
    async () => {
      const folder = freshFolder();
      const compile = (name: string, ...options: string[]) => {
        const source = path.join(folder, 'echo_server.c');
        copyFileSync(path.join(PROGRAMS, 'echo_server.c'), source);
        execFileSync('gcc', ['-w', ...options, '-o', path.join(folder, name), source]);
      };
      compile('with', '-g');
      compile('without');
      const draw = (name: string) =>
        trace('echo', '--server', `./${name} {port}`, '--cwd', folder, ...SOON);
      const [withLines, without] = [await draw('with'), await draw('without')];

      expect(withLines.stdout).to.match(/^with: watched by strace\n/);
      const calls = ['recv() = 12 :16', 'sendall(12 B) :17', 'recv() = 0 :16', 'close() #2 :18'];
      expect(callsOfServer(withLines.stdout)).to.include.members(calls);
      expect(callsOfServer(without.stdout)).to.include.members(['recv() = 12', 'close() #1']);
      expect(without.stdout).to.match(/│─+ "Hello, world" ─+►│ recv\(\) = 12\n/);
      expect([withLines.code, without.code]).to.deep.equal([0, 0]);
    },
  );

  it("draws TypeScript on our sockets, with the student's own lines", async () => {
    const args = ['echo', '--server', 'npx ts-node steps/1-one-client.ts {port}', '--cwd', ROOT];
    const { code, stdout } = await Program.script('tools/trace/main', args).ended();

    expect(code, stdout).to.equal(0);
    expect(stdout).to.match(/^1-one-client: watched from inside Node\n/);
    expect(stdout).to.match(/│ socket\(\) +1-one-client\.ts:\d+\n/);
    expect(stdout).to.match(/"Hello, world" ─+►│ recv\(\) = 12 +:\d+\n/);
  });

  itWith('perl', 'is seen by a relay if its calls can not be seen', async () => {
    const folder = freshFolder();
    execFileSync('cc', [
      '-o',
      path.join(folder, 'echo_server'),
      path.join(PROGRAMS, 'echo_server.c'),
    ]);
    const tools = path.join(folder, 'tools');
    mkdirSync(tools);
    for (const name of ['perl', 'sh', 'mount', 'setpriv', 'unshare'])
      if (hasCommand(name)) symlinkSync(commandPath(name), path.join(tools, name));
    const program = Program.script(
      'tools/trace/main',
      [
        ...['--cwd', PROGRAMS, '--client', 'perl echo_client.pl {port}'],
        ...['--server', `${path.join(folder, 'echo_server')} {port}`],
      ],
      { env: { ...process.env, PATH: tools } }, // no strace in it
    );
    const { code, stdout, stderr } = await program.ended();

    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to
      .equal(`echo_server and echo_client: seen by a relay between them: no calls, only what passes
                          echo_client                          echo_server
                               │───────── 3-way handshake ─────────►│
                               │───────── "Hello, world" ──────────►│
                               │◄───────── "Hello, world" ──────────│
                               │─────────── end of file ───────────►│
                               │◄─────────── end of file ───────────│

echo_client printed
    Received Hello, world
`);
  });

  itWith('python3', 'is kept with its source, and shown with it anywhere', async () => {
    const folder = freshFolder();
    const [kept, page] = [path.join(folder, 'run.jsonl'), path.join(folder, 'run.html')];
    await trace('echo', ...server('echo_server.py'), '--keep', kept);
    const shown = await Program.script('tools/trace/main', ['show', kept, '--html', page]).ended();

    const sources = parseTrace(readFileSync(kept, 'utf8')).filter(({ type }) => type === 'source');
    expect(sources).to.have.length(1);
    expect(shown.code).to.equal(0);
    const run = /id="run">(.*?)<\/script>/s.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
    const { sources: shownOf } = JSON.parse(run) as { sources: Record<string, string[]> };
    const [line = ''] = shownOf['echo_server.py']?.filter((each) => each.includes('PORT =')) ?? [];
    expect(line).to.match(/^PORT = <span class="hljs-\w+">int<\/span>/);
  });

  itWith('python3', "keeps no source from outside the program's folder", async () => {
    const folder = freshFolder();
    symlinkSync(path.join(PROGRAMS, 'echo_server.py'), path.join(folder, 'link.py'));
    const kept = path.join(folder, 'run.jsonl');
    const place = path.join(PROGRAMS, 'echo_server.py');
    for (const file of ['link.py', place]) {
      await trace('echo', '--server', `python3 ${file} {port}`, '--cwd', folder, '--keep', kept);
      const records = parseTrace(readFileSync(kept, 'utf8'));
      expect(records.filter(({ type }) => type === 'source')).to.deep.equal([]);
      expect(records.length).to.be.above(10);
    }
  });

  for (const [what, args, code, message] of [
    [
      'there is no such command',
      ['echo', '--server', 'no-such-command x'],
      2,
      /there is no command/,
    ],
    ['nothing says what to run', ['--server', 'python3 a.py'], 1, /name a lab, or give both/],
    ['a quote is open', ['echo', '--server', "python3 'a.py"], 2, /a ' is not closed/],
  ] as const) {
    it(`says so when ${what}`, async () => {
      const outcome = await trace(...args);

      expect(outcome.stderr).to.match(message);
      expect(outcome.stderr).not.to.match(/^ +at /m);
      expect(outcome.code).to.equal(code);
    });
  }
});
