import { expect } from 'chai';
import { placesIn } from '../../../tools/watch/stacks';

describe('The lines where the threads of a Python program are', () => {
  const main = { file: 'server.py', line: 21, col: 1, fn: '<module>' };
  const other = { file: 'server.py', line: 10, col: 1, fn: 'converse' };

  it('are one line of JSON for each process', () => {
    const text = `${JSON.stringify([main, other])}\n${JSON.stringify([other])}\n`;

    expect(placesIn(text)).to.deep.equal([[main, other], [other]]);
  });

  it('do not count before their line is complete', () => {
    expect(placesIn(JSON.stringify([main, other]))).to.deep.equal([]);
  });

  it('are none where the program has written something else', () => {
    expect(placesIn('nonsense\n{"file":"x"}\n[null,7,{"file":7,"line":"x"}]\n')).to.deep.equal([
      [],
      [],
      [],
    ]);
  });
});
