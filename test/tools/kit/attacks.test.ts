import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { itOnLinux } from '../../helpers/itOnLinux';
import { killAllWith, processesWith } from '../../helpers/processes';
import { preloading, Program, ROOT } from '../../helpers/Program';
import { freshFolder, type StageResult } from './checking';

const ATTACKS = 'test/tools/kit/gallery/attacks';
/** One that would take longer than this is cut short by it. */
const SHORT_TIMEOUT_S = 12;
/** Enough for all stages, also on a slow machine. */
const TIMEOUT_S = 60;
/** To end the last program, and to write the result. */
const GRACE_S = 10;
const MOST_MIB = 300;

/** Which stages each of them passes, of "it listens" and "Hello, world"; and what a report says. */
const PROGRAMS: Record<string, [listens: string, answers: string, words: RegExp]> = {
  prints_without_end: ['passed', 'passed', /passed/],
  only_prints: ['failed', 'not tried', /connection refused/],
  never_reads: ['passed', 'failed', /nothing: timeout after \d+\.\d s/],
  forks: ['passed', 'passed', /passed/],
  ignores_sigterm: ['passed', 'passed', /the time of the run is up/],
  closes_stdout: ['passed', 'passed', /passed/],
  answers_gigabytes: ['passed', 'passed', /900 of them, then too much/],
  opens_files: ['passed', 'passed', /passed/],
  exits_while_asked: ['passed', 'failed', /your program ended with exit code 7/],
  stops_itself: ['passed', 'failed', /nothing: timeout after \d+\.\d s/],
};

describe('npm run check, on programs that would hurt it', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  for (const [name, [listens, answers, words]] of Object.entries(PROGRAMS)) {
    itOnLinux('/proc', `comes to an end with ${name}.py, and leaves nothing of it`, async () => {
      const mark = randomUUID();
      const json = path.join(freshFolder(), 'result.json');
      const peak = path.join(path.dirname(json), 'peak');
      const program = path.join(ROOT, ATTACKS, `${name}.py`);
      const timeout = name === 'ignores_sigterm' ? SHORT_TIMEOUT_S : TIMEOUT_S;
      const options = ['--timeout', String(timeout), '--json', json];
      const env = preloading('peakMemory.cjs', { TEST_MARK: mark, PEAK_MEMORY: peak });
      afterwards(() => {
        killAllWith(mark);
      });

      const begun = performance.now();
      const kit = Program.script(
        'tools/kit/main',
        ['echo-server', ...options, '--', 'python3', program, '{port}'],
        { env },
      );
      const { code, stdout } = await kit.ended();
      const seconds = (performance.now() - begun) / 1000;

      const { stages } = JSON.parse(readFileSync(json, 'utf8')) as { stages: StageResult[] };
      expect(stages.slice(0, 2).map(({ status }) => status)).to.deep.equal([listens, answers]);
      expect(stages).to.have.length(12);
      expect(code).to.be.oneOf([0, 1]);
      expect(stdout).to.match(words);
      expect(stdout.length).to.be.below(20_000);
      expect(seconds).to.be.below(timeout + GRACE_S);
      expect(Number(readFileSync(peak, 'utf8')) / 1024).to.be.below(MOST_MIB);
      expect(processesWith(mark)).to.deep.equal([]);
    });
  }

  itOnLinux('/proc', 'leaves nothing behind when it is stopped with Ctrl-C', async () => {
    const mark = randomUUID();
    const program = path.join(ROOT, ATTACKS, 'ignores_sigterm.py');
    const kit = Program.script(
      'tools/kit/main',
      ['echo-server', '--', 'python3', program, '{port}'],
      { env: { ...process.env, TEST_MARK: mark } },
    );
    await kit.printed(/1 It listens/);
    kit.child.kill('SIGINT');
    const { code, stderr } = await kit.ended();

    expect(code).to.equal(2);
    expect(stderr).to.equal('');
    expect(processesWith(mark)).to.deep.equal([]);
  });

  it('has a test for each of them', () => {
    const programs = readdirSync(path.join(ROOT, ATTACKS)).map((file) => file.replace('.py', ''));

    expect(programs).to.have.members(Object.keys(PROGRAMS));
  });
});
