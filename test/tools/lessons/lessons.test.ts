import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { LESSON_PAIRS, PAIRS } from '../../../tools/lab/pairs';
import { LESSONS } from '../../../tools/lessons/lessons';
import { lessonsPanel } from '../../../tools/lessons/panel';
import { ROOT } from '../../helpers/Program';

/** The titles of the slides, in their order. */
function slides(): string[] {
  const page = readFileSync(path.join(ROOT, 'docs/slides.md'), 'utf8');
  return Array.from(page.matchAll(/^## (.+)$/gm), ([, title = '']) => title);
}

describe('The lessons', () => {
  it('are at least twelve, in the order of the slides', () => {
    const places = LESSONS.map(({ slide }) => slides().indexOf(slide));

    expect(LESSONS).to.have.length.at.least(12);
    expect(new Set(LESSONS.map(({ id }) => id))).to.have.length(LESSONS.length);
    expect(places).not.to.include(-1);
    expect(places).to.deep.equal(places.toSorted((one, other) => one - other));
  });

  it('have two to five sentences, a question and an answer', () => {
    for (const { id, text, question, answer } of LESSONS) {
      const sentences = text.match(/[.:?](?= |$)/g) ?? [];
      expect(sentences, id).to.have.length.within(2, 5);
      expect(question, id).to.match(/\?( |$)|\?$/);
      expect(answer.length, id).to.be.within(50, 400);
    }
  });

  it('let a client do what a student can’t provoke alone', () => {
    const labels = LESSONS.flatMap(({ runs }) => runs.map(({ label }) => label));

    expect(labels).to.include.members([
      'Two messages in one send',
      'One in two pieces',
      'End of file first, then read',
    ]);
  });

  it('run programs that exist', () => {
    const pairs = { ...PAIRS, ...LESSON_PAIRS };
    for (const { lab } of LESSONS.flatMap(({ runs }) => runs)) expect(pairs).to.have.property(lab);
    for (const file of Object.values(pairs).flat())
      expect(existsSync(path.join(ROOT, `${file}.ts`)), file).to.equal(true);
  });

  it('are all in the plan for tutors, whose times have no gap', () => {
    const plan = readFileSync(path.join(ROOT, 'docs/tutors.md'), 'utf8');
    const rows = Array.from(plan.matchAll(/^\| (\d+) +\| (\d+) +\|/gm), ([, from, to]) => [
      Number(from),
      Number(to),
    ]);
    const ends = rows.map(([, to]) => to);

    for (const { title } of LESSONS.filter(({ id }) => id !== 'log'))
      expect(plan).to.contain(`"${title}"`);
    expect(rows.map(([from]) => from)).to.deep.equal(
      [0, ...ends.slice(0, -1)].map((end) => (end === 50 ? 0 : end)),
    );
    expect(ends.filter((end) => end === 50 || end === 120)).to.deep.equal([50, 120]);
  });

  it('say nothing that is markup', () => {
    const [first] = LESSONS;
    if (!first) throw new Error('there is no lesson');
    const starter = () => '';
    const panel = lessonsPanel([{ ...first, title: '<b>', text: '&', question: '"' }], { starter });

    expect(panel).to.contain('<summary>&#60;b&#62;</summary>').and.contain('<p>&#38;</p>');
    expect(panel).to.contain('&#34;');
  });
});
