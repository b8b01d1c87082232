import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { upToDate } from '../../../tools/listings';
import { cleanUp } from '../../helpers/cleanUp';
import { nodeArguments, Program, ROOT } from '../../helpers/Program';
import { check, type Checked } from './checking';

/** Its words and where the program's own stand, so that the difference of two steps remains. */
function codeOf(step: string): string[] {
  const lines = readFileSync(path.join(ROOT, `steps/${step}.ts`), 'utf8').split('\n');
  return lines.filter((line) => !line.startsWith('/**') && !line.includes('complain('));
}

function checkStep(program: string, step: string): Promise<Checked> {
  const command = [process.execPath, ...nodeArguments(`steps/${step}`)];
  return check(program, '--cwd', ROOT, '--', ...command, '{port}');
}

/** The stages that are not as they should be, but for those that another one keeps from being tried. */
function notPassed({ stages }: Checked): (readonly [number: number, status: string])[] {
  return stages
    .filter(({ status }) => status === 'failed' || status === 'warned')
    .map(({ number, status }) => [number, status]);
}

describe('steps/', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  it('1 fails exactly where the slide does: at a second client', async () => {
    expect(notPassed(await checkStep('echo-server', '1-one-client'))).to.deep.equal([
      [6, 'failed'],
    ]);
  });

  it('2 fixes that, and fails exactly at two clients at the same time', async () => {
    expect(notPassed(await checkStep('echo-server', '2-one-after-another'))).to.deep.equal([
      [7, 'failed'],
    ]);
  });

  it('3 fixes that, and passes everything', async () => {
    const { stages } = await checkStep('echo-server', '3-many-clients');

    expect(stages.map(({ status }) => status)).to.deep.equal(Array(12).fill('passed'));
  });

  it('4 has a remark exactly for the question that comes in pieces; DateServer has none', async () => {
    expect(notPassed(await checkStep('date-server', '4-messages'))).to.deep.equal([[4, 'warned']]);
  });

  it('2 and 3 differ in one word', () => {
    const before = codeOf('2-one-after-another');
    const after = codeOf('3-many-clients');
    const different = before.filter((line, index) => line !== after[index]);

    expect(different).to.deep.equal(['    await converse(conn).catch(report);']);
    expect(after).to.deep.equal(
      before.map((line) =>
        different.includes(line) ? '    void converse(conn).catch(report);' : line,
      ),
    );
  });

  it('are in docs/steps.md as they are (npm run listings)', () => {
    const page = readFileSync(path.join(ROOT, 'docs/steps.md'), 'utf8');

    expect(page).to.equal(upToDate(page));
    for (const step of ['1-one-client', '2-one-after', '3-many-clients', '4-messages'])
      expect(page).to.contain(`steps/${step}`);
  });

  it('fit on one screen each', () => {
    for (const step of ['1-one-client', '2-one-after-another', '3-many-clients', '4-messages'])
      expect(codeOf(step).length, step).to.be.below(45);
  });
});
