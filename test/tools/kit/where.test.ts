import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { cleanUp } from '../../helpers/cleanUp';
import { hasCommand, itOnLinux, itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { check, checkWatched, type Checked, freshFolder, type StageResult } from './checking';

const GALLERY = path.join(ROOT, 'test/tools/kit/gallery');
const TOGETHER = 4;
const LONG_MS = 400_000;

/** Programs that hang: the stages that are asked, and where they are then. */
const HANGING: readonly [program: string, file: string, only: string, where: RegExp][] = [
  ['echo-server', 'echo/only_lines', '1,2', /^only_lines\.py:10 waits in recv\(8192\), for \d/],
  ['echo-server', 'echo/only_accepts', '1,2', /^only_accepts\.py:10 waits in accept\(\)/],
  ['echo-server', 'echo/only_receives', '1,2', /^only_receives\.py:12 waits in recv\(1024\)/],
  ['echo-server', 'echo/no_flush', '1,2', /^no_flush\.py:10 waits in recv\(1024\), for \d/],
  ['echo-server', 'echo/waits_for_1024', '1,2', /^waits_for_1024\.py:10 waits in recv\(1024\)/],
  ['echo-server', 'echo/only_at_the_end', '1,2', /^only_at_the_end\.py:11 waits in recv\(1024\)/],
  ['echo-server', 'echo/asks_for_a_name', '1', /^asks_for_a_name\.py:19 name = input\(/],
  ['echo-server', 'echo/never_closes', '1,2,5', /^never_closes\.py:23 waits in accept\(\), for \d/],
  ['echo-server', 'echo/loops_at_the_end', '1,2,5', /^loops_at_the_end\.py:1[01] \w+/],
  ['echo-server', 'echo/one_at_a_time', '1,2,6,7', /^one_at_a_time\.py:10 waits in recv\(1024\)/],
  ['date-server', 'date/only_lines', '1,3,4', /^only_lines\.py:10 waits in recv\(8192\)/],
  ['date-server', 'date/one_at_a_time', '1,3,5,6', /^one_at_a_time\.py:9 waits in recv\(1024\)/],
  ['date-client', 'date-client/asks_the_user', '1', /^asks_the_user\.py:6 question = input\(/],
  [
    'date-client',
    'date-client/waits_for_greeting',
    '1,2',
    /^waits_for_greeting\.py:8 waits in recv/,
  ],
  ['date-client', 'date-client/tries_for_ever', '6', /^tries_for_ever\.py:11 time\.sleep\(0\.1\)$/],
];

/** Programs that have ended, or wait for the next client only: their last call, or the one that failed. */
const ENDED: typeof HANGING = [
  ['echo-server', 'echo/sends_str', '1,2', /^sends_str\.py:13 sendall\(\) failed: TypeError$/],
  ['echo-server', 'echo/no_listen', '1', /^no_listen\.py:23 accept\(\) failed: EINVAL$/],
  ['echo-server', 'echo/is_a_client', '1', /^is_a_client\.py:7 connect\(\) failed: ECONNREFUSED$/],
  [
    'echo-server',
    'echo/takes_no_pair',
    '1,2',
    /^takes_no_pair\.py:23 accept\(\) was its last call$/,
  ],
  [
    'echo-server',
    'echo/ends_after_the_first',
    '1,2,6',
    /^ends_after_the_first\.py:6 close\(\) was its last call$/,
  ],
  [
    'echo-server',
    'echo/one_reset_ends_it',
    '1,2,6,10',
    /^one_reset_ends_it\.py:1[12] \w+\(\) failed: E(?:CONNRESET|PIPE)$/,
  ],
  [
    'echo-server',
    'echo/no_reuseaddr',
    '1,2,12',
    /^no_reuseaddr\.py:21 bind\(\) failed: EADDRINUSE$/,
  ],
  ['date-server', 'date/frozen', '1,2,3', /^frozen\.py:13 waits in recv\(1024\)/],
  [
    'date-client',
    'date-client/one_recv',
    '1,2,3,4',
    /^one_recv\.py:6 close\(\) was its last call$/,
  ],
];

function failed({ stages }: Checked): StageResult | undefined {
  return stages.find(({ status }) => status === 'failed' || status === 'warned');
}

/** Without what differs from one time to the next. */
function steady(text = ''): string {
  return text
    .replace(/\d+ %/, 'N %')
    .replace(/for [\d.]+ s$/, 'for N s')
    .replace(/^(one_reset_ends_it\.py):1[12] .*/, '$1: as it comes')
    .replace(/^(loops_at_the_end\.py):1[01] .*/, '$1: in its loop');
}

describe('The kit says where a program is', function () {
  this.timeout(120_000);
  const found = new Map<string, StageResult | undefined>();

  before('all of them', async function () {
    this.timeout(LONG_MS);
    if (!hasCommand('python3') || process.platform !== 'linux') return;
    const all = [...HANGING, ...ENDED];
    const work = async () => {
      for (let next = all.pop(); next; next = all.pop()) {
        const [program, file, only] = next;
        const command = ['python3', path.join(GALLERY, `${file}.py`), '{port}'];
        found.set(file, failed(await checkWatched(program, '--only', only, '--', ...command)));
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, work));
  });
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  for (const [, file, , where] of [...HANGING, ...ENDED])
    itOnLinux('/proc', `in ${file}.py`, () => {
      expect(found.get(file)?.where).to.match(where);
      expect(found.get(file)?.saw?.length).to.be.within(0, 6);
    });

  itOnLinux(
    '/proc',
    'and what it saw is the cause if a server makes no recv() or no send()',
    () => {
      expect(found.get('echo/only_accepts')?.likely).to.match(
        /^your program accepts the connection \(only_accepts\.py:10\), but then it calls no recv\(\)/,
      );
      expect(found.get('echo/only_receives')?.likely).to.match(
        /^your program receives the message \(only_receives\.py:12\), but then it calls no send\(\)/,
      );
    },
  );

  itOnLinux('/proc', 'as docs/python.md has it', () => {
    const page = readFileSync(path.join(ROOT, 'docs/python.md'), 'utf8');
    const slips = [...page.matchAll(/^`(.*)\.py`\n\n```\nlikely {3}(.*)\nwhere {4}(.*)\n```$/gm)];

    expect(slips).to.have.length(10);
    for (const [, file = '', likely = '', where = ''] of slips) {
      const stage = found.get(file);
      expect(steady(stage?.likely), file).to.equal(steady(likely));
      expect(steady(stage?.where), file).to.equal(steady(where));
    }
  });

  /** The failed stage of a program of the gallery that is changed, so that it outlasts any patience. */
  async function failedWith(name: string, change: (text: string) => string) {
    const folder = freshFolder();
    const text = readFileSync(path.join(GALLERY, `echo/${name}.py`), 'utf8');
    writeFileSync(path.join(folder, 'changed.py'), change(text));
    const command = ['--cwd', folder, '--', 'python3', 'changed.py', '{port}'];
    return failed(await checkWatched('echo-server', '--only', '2', ...command));
  }

  itWith('python3', 'in one that sleeps', async () => {
    const stage = await failedWith('slow', (text) => text.replace('sleep(5)', 'sleep(100)'));

    expect(stage?.where).to.equal('changed.py:12 time.sleep(100)');
  });

  itWith('python3', 'in one that is just ending, when its own lines are over', async () => {
    const slowEnd = 'import atexit, time\natexit.register(time.sleep, 100)\n';
    const stage = await failedWith('takes_no_pair', (text) => `${slowEnd}${text}`);

    expect(stage?.where).to.equal('changed.py:25 accept() was its last call');
  });

  itWith('gcc', 'in C, with its line', async () => {
    const folder = freshFolder();
    const source = path.join(folder, 'hangs.c');
    writeFileSync(
      source,
      `#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  int welcoming = socket(AF_INET, SOCK_STREAM, 0);
  bind(welcoming, (struct sockaddr *)&own, sizeof own);
  listen(welcoming, 5);
  int client = accept(welcoming, NULL, NULL);
  char data[1024];
  recv(client, data, sizeof data, MSG_WAITALL);
  return 0;
}
`,
    );
    const program = path.join(folder, 'hangs');
    execFileSync('gcc', ['-g', '-o', program, source]);
    const kit = ['echo-server', '--cwd', folder, '--only', '1,2', '--', program, '{port}'];
    const stage = failed(await checkWatched(...kit));

    expect(stage?.where).to.match(/^hangs\.c:12 waits in recv\(\), for \d/);
    expect(stage?.saw?.at(-1)).to.match(/^recv\(\) waits +hangs\.c:12$/);
  });

  itOnLinux('/proc', 'and prints it below the cause, unless --no-where is given', async () => {
    const command = ['--', 'python3', path.join(GALLERY, 'echo/only_lines.py'), '{port}'];
    const args = ['echo-server', '--only', '1,2', ...command];
    const { stdout } = await Program.script('tools/kit/main', args).ended();
    const without = failed(await check(...args));

    expect(stdout).to.match(
      /^ {5}where {4}only_lines\.py:10 waits .*\n {5}saw {6}(?:.*\n {14}\s*)+recv\(\) waits +only_lines\.py:10\n/m,
    );
    expect([without?.where, without?.saw]).to.deep.equal([undefined, undefined]);
  });
});
