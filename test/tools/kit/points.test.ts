import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { readPoints, scoreOf, sumOf } from '../../../tools/kit/points';
import type { Status, Verdict } from '../../../tools/kit/stage';
import { cleanUp } from '../../helpers/cleanUp';
import { freshFolder } from './checking';

function verdict(number: number, status: Status): Verdict {
  const nothing = { slide: undefined, details: undefined, printed: undefined, ended: undefined };
  return { number, title: 'It', status, seconds: 0, because: undefined, ...nothing };
}

describe('The points of a stage', () => {
  afterEach(cleanUp);

  it('are 1, or what was said: all of them, or none', () => {
    const points = readPoints('1=2, 7=0.5');

    expect(scoreOf(verdict(1, 'passed'), points)).to.deep.equal({ points: 2, of: 2 });
    expect(scoreOf(verdict(7, 'warned'), points)).to.deep.equal({ points: 0.5, of: 0.5 });
    expect(scoreOf(verdict(1, 'failed'), points)).to.deep.equal({ points: 0, of: 2 });
    expect(scoreOf(verdict(3, 'not tried'), points)).to.deep.equal({ points: 0, of: 1 });
    expect(sumOf([verdict(1, 'passed'), verdict(2, 'failed')], points)).to.deep.equal({
      points: 2,
      of: 3,
    });
  });

  it('come from a file, too, with a line for each and remarks', () => {
    const file = path.join(freshFolder(), 'points.txt');
    writeFileSync(file, '1 = 2   # it listens\n\n7=5\n');

    expect([...readPoints(file)]).to.deep.equal([
      [1, 2],
      [7, 5],
    ]);
    expect([...readPoints('')]).to.deep.equal([]);
  });

  for (const text of ['7', '7=', '7=-1', 'x=1', '0=1', '1=2;3=4', '1=1e9', '1=100000'])
    it(`are not ${text}`, () => {
      expect(() => readPoints(text)).to.throw(/write points as 1=2,7=5/);
    });
});
