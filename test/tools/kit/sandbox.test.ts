import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Cage } from '../../../tools/kit/Cage';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { Program, ROOT } from '../../helpers/Program';
import { freshFolder, type StageResult } from './checking';

const FORGERS = path.join(ROOT, 'test/tools/kit/gallery/forgers');

interface Written {
  readonly passed: boolean;
  readonly problem?: string;
  readonly stages: StageResult[];
}

/** The commands that have this word in them. */
function commandsWith(word: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word);
      } catch {
        return false; // it has just ended
      }
    });
}

/** A test that needs what this system may forbid; then it is left out, and that is said. */
function itInACage(title: string, test: () => Promise<void>): void {
  if (Cage.closed() !== Cage.OPEN) itWith('python3', title, test);
  else console.log(`left out: "${title}", for namespaces are not allowed here`);
}

describe('npm run check, on programs that forge', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  for (const sandbox of [[], ['--sandbox']])
    itInACage(
      `has the last word on the marks, ${sandbox[0] ?? 'also without a sandbox'}`,
      async () => {
        const folder = freshFolder();
        const results = path.join(folder, 'results');
        mkdirSync(results);
        const result = path.join(results, 'result.json');
        const mark = randomUUID();
        const program = ['python3', path.join(FORGERS, 'writes_its_marks.py'), '{port}'];
        const kit = Program.script('tools/kit/main', [
          ...['echo-server', '--only', '1,2', '--json', result, '--cwd', FORGERS, ...sandbox],
          ...['--', ...program, result, mark],
        ]);
        const { code, stdout, stderr } = await kit.ended();

        expect(commandsWith(mark)).to.deep.equal([]);
        expect([code, stderr]).to.deep.equal([1, '']);
        expect(lstatSync(result).isFile()).to.equal(true);
        expect(existsSync(`${result}.target`)).to.equal(false);
        const { passed, stages } = JSON.parse(readFileSync(result, 'utf8')) as Written;
        expect([passed, stages[1]?.status]).to.deep.equal([false, 'failed']);
        if (sandbox.length > 0) expect(stages[1]?.printed).to.match(/^sees (?:\[\]|nothing)/m);
        expect(stdout).not.to.contain('it sees');
      },
    );

  itWith(
    'python3',
    'waits for no pipe, neither where a log file was nor where the result goes',
    async () => {
      const folder = freshFolder();
      const result = path.join(folder, 'result.json');
      const logs = freshFolder();
      const kit = Program.script('tools/kit/main', [
        ...['logging-date-server', '--json', result, '--log-dir', logs, '--only', '1,3,10,12'],
        ...['--', 'python3', path.join(FORGERS, 'pipes.py'), '{port}', '{log-dir}', result],
      ]);
      const { code, stderr } = await kit.ended();

      expect([code, stderr]).to.deep.equal([1, '']);
      const { passed } = JSON.parse(readFileSync(result, 'utf8')) as Written;
      expect(passed).to.equal(false);
    },
  );

  itWith('python3', 'writes a result also when it could not begin', async () => {
    const folder = freshFolder();
    const result = path.join(folder, 'result.json');
    const all = ['--json', result, '--gradescope', `${result}.g`, '--junit', `${result}.xml`];
    const kit = Program.script('tools/kit/main', [
      ...['date-server', ...all],
      ...['--', 'no-such-command-here', '{port}'],
    ]);
    const { code, stderr } = await kit.ended();

    expect(code).to.equal(2);
    expect(stderr).to.contain('there is no command "no-such-command-here"');
    const { passed, problem, stages } = JSON.parse(readFileSync(result, 'utf8')) as Written;
    expect(passed).to.equal(false);
    expect(problem).to.contain('there is no command');
    expect(stages.map(({ status }) => status)).to.deep.equal(Array(9).fill('not tried'));
    expect(JSON.parse(readFileSync(`${result}.g`, 'utf8'))).to.include({ score: 0 });
    expect(readFileSync(`${result}.xml`, 'utf8')).to.contain('<system-err>');
  });
});
