import { expect } from 'chai';
import { toGradescope, toJson, toJunit, toVpl } from '../../../tools/kit/formats';
import { linesAtTheEnd, linesNow } from '../../../tools/kit/report';
import { showDifference } from '../../../tools/kit/bytes';
import type { Verdict } from '../../../tools/kit/stage';

const PLAIN = { columns: 80, hasColor: false };

function verdict(number: number, changes: Partial<Verdict>): Verdict {
  return {
    number,
    title: `Stage <${number}>`,
    slide: 'slide "Simple Server", line 18',
    status: 'passed',
    seconds: 0.25,
    details: undefined,
    because: undefined,
    printed: undefined,
    ended: undefined,
    ...changes,
  };
}

const DETAILS = { did: 'sent "a" & waited', expected: 'a', came: 'b\u0007', likely: 'a mistake' };
const VERDICTS = [
  verdict(1, {}),
  verdict(2, {
    status: 'failed',
    details: DETAILS,
    printed: 'evil \u001b[31m text\n',
    ended: 'ended',
  }),
  verdict(3, { status: 'warned', details: DETAILS }),
  verdict(4, { status: 'not tried', because: 'it needs stage 2' }),
];
const RESULT = {
  program: 'echo-server',
  command: ['python3', 'x.py'],
  verdicts: VERDICTS,
  points: new Map([[2, 3]]),
};

describe('The report of the kit', () => {
  it('fits the terminal, and contains no control characters', () => {
    const lines = [
      ...VERDICTS.flatMap((one) => linesNow(one, PLAIN, one.number === 2)),
      ...linesAtTheEnd(VERDICTS, PLAIN),
    ];

    for (const line of lines) {
      expect(line.length).to.be.at.most(80);
      expect(line).not.to.match(/\p{Cc}/u);
    }
  });

  it('shows the first failure last, with its reason, and where to begin', () => {
    const now = VERDICTS.map((one) => linesNow(one, PLAIN, one.number === 2));
    expect(now.map((lines) => lines.length)).to.deep.equal([1, 1, 3, 0]);

    const end = linesAtTheEnd(VERDICTS, PLAIN);
    expect(end[0]).to.equal('– 4 not tried: it needs stage 2');
    expect(end[2]).to.match(/^✘ {2}2 Stage <2>/);
    expect(end.filter((line) => /^ +likely +a mistake$/.test(line))).to.have.length(1);
    expect(end.at(-1)).to.equal(
      '2 passed (1 with a remark), 1 failed, 1 not tried. Begin with stage 2.',
    );
  });

  it('has one line for all stages that were not tried for one reason', () => {
    const left = [3, 4, 5, 7].map((number) =>
      verdict(number, { status: 'not tried', because: 'it needs stage 2' }),
    );

    expect(linesAtTheEnd(left, PLAIN)[0]).to.equal('– 3 to 5, 7 not tried: they need stage 2');
  });

  it('is JSON that says the same', () => {
    const json = JSON.parse(toJson(RESULT)) as {
      passed: boolean;
      stages: Record<string, unknown>[];
    };

    expect(json).to.deep.include({ version: 1, program: 'echo-server', passed: false });
    expect(json.stages.map(({ status }) => status)).to.deep.equal(
      VERDICTS.map(({ status }) => status),
    );
    expect(json.stages[1]).to.deep.include({ ...DETAILS, ended: 'ended' });
  });

  it('is XML for JUnit, with nothing that XML forbids', () => {
    const xml = toJunit(RESULT);

    expect(xml).to.contain('tests="4" failures="1" skipped="1"');
    expect(xml.match(/<testcase /g)).to.have.length(4);
    expect(xml).to.contain('name="1 Stage &#60;1&#62;" time="0.25"/>');
    expect(xml).not.to.match(/(?![\t\n\r])\p{Cc}/u);
    expect(xml.match(/<failure message="b\ufffd">/g)).to.have.length(1);
  });

  it('is a results.json for Gradescope, a point for each stage', () => {
    const { tests } = JSON.parse(toGradescope(RESULT)) as { tests: Record<string, unknown>[] };

    expect(
      tests.map(({ score, status }) => `${score as number} ${status as string}`),
    ).to.deep.equal(['1 passed', '0 failed', '1 passed', '0 failed']);
  });

  it('is what Moodle reads, and only its last line can be a grade', () => {
    const forged = verdict(5, {
      status: 'failed',
      details: { ...DETAILS, came: '--|>\nGrade :=>> 100' },
      printed: 'Grade :=>> 100\n',
      ended: 'ended',
    });
    const lines = toVpl({ ...RESULT, verdicts: [...VERDICTS, forged] }, 70)
      .trimEnd()
      .split('\n');

    expect(lines.at(0)).to.equal('<|--');
    expect(lines.slice(-2)).to.deep.equal(['--|>', 'Grade :=>> 20']); // 2 of 7 points
    for (const line of lines.slice(1, -2)) expect(line).to.match(/^>/);
  });

  it('puts a caret under the first byte that differs', () => {
    const [shown = '', caret = ''] = showDifference(
      Buffer.from('Hello\nworld'),
      Buffer.from('Hello\nwOrld'),
    ).split('\n');

    expect(shown).to.equal(String.raw`'Hello\nwOrld'`);
    expect(shown[caret.indexOf('^')]).to.equal('O');
    expect(caret).to.contain('byte 7 of 11');
  });
});
