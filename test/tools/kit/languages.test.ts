import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { allPassed, check, freshFolder, upTo } from './checking';

const OTHERS = path.join(ROOT, 'test/tools/kit/gallery/others');

describe('npm run check, on servers in other languages', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  /** Compiles a program of the gallery; gives the command that runs it. */
  function compile(source: string, compiler: string, ...args: string[]): string {
    const program = path.join(freshFolder(), 'server');
    execFileSync(compiler, [...args, '-o', program, path.join(OTHERS, source)]);
    return program;
  }

  async function failsFirst(
    stage: number,
    cause: RegExp,
    program: string,
    ...command: string[]
  ): Promise<void> {
    const { code, stages } = await check(program, ...upTo(stage), '--', ...command, '{port}');

    const first = stages.find(({ status }) => status === 'failed');
    expect(first, JSON.stringify(stages)).to.include({ number: stage });
    expect(first?.likely).to.match(cause);
    expect(code).to.equal(1);
  }

  itWith('gcc', 'finds nothing wrong with one in C', async () => {
    const server = compile('threads.c', 'gcc', '-pthread', '-Wall', '-Werror');

    allPassed(await check('echo-server', '--', server, '{port}'));
  });

  itWith('gcc', 'names strings as the cause in one in C', async () => {
    const server = compile('strings.c', 'gcc', '-Wall', '-Werror');

    await failsFirst(3, /treats NUL as the end \(strlen/, 'echo-server', server);
  });

  itWith('go', 'finds nothing wrong with one in Go', async () => {
    const server = compile('echo.go', 'go', 'build');

    allPassed(await check('echo-server', '--', server, '{port}'));
  });

  itWith('javac', 'finds nothing wrong with a date server in Java', async () => {
    const folder = freshFolder();
    execFileSync('javac', ['-d', folder, path.join(OTHERS, 'DateServer.java')]);

    allPassed(await check('date-server', '--', 'java', '-cp', folder, 'DateServer', '{port}'));
  });

  itWith('socat', 'finds nothing wrong with one in the shell', async () => {
    allPassed(await check('echo-server', '--', path.join(OTHERS, 'echo.sh'), '{port}'));
  });

  itWith('socat', 'explains what is wrong with one in the shell', async () => {
    const server = path.join(OTHERS, 'echoOnce.sh');

    await failsFirst(6, /ends after its first client/, 'echo-server', server);
  });

  itWith('socat', 'says what is wrong with a date server in the shell', async () => {
    const server = path.join(OTHERS, 'date.sh');

    await failsFirst(4, /as soon as a newline had come/, 'date-server', server);
  });

  for (const [name, stage, cause] of [
    ['noErrorListener', 10, /catch that around one conversation/],
    ['setEncoding', 3, /do not decode/],
  ] as const) {
    it(`says what is wrong with ${name}.ts`, async () => {
      const server = ['-r', 'ts-node/register/transpile-only', path.join(OTHERS, `${name}.ts`)];

      await failsFirst(stage, cause, 'echo-server', process.execPath, ...server);
    });
  }
});
