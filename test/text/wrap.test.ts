import { expect } from 'chai';
import fc from 'fast-check';
import { command, wrap } from '../../src/text/wrap';

describe('wrap', () => {
  it('leaves a text that fits as it is', () => {
    expect(wrap('as wide as it is', 16)).to.equal('as wide as it is');
    expect(wrap('no terminal, no limit', Infinity)).to.equal('no terminal, no limit');
    expect(wrap('', 10)).to.equal('');
  });

  it('breaks at spaces, and indents what follows', () => {
    expect(wrap('Try: one two three', 10, '     ')).to.equal('Try: one\n     two\n     three');
  });

  it('never breaks a command', () => {
    expect(wrap(`Try: ${command('npx ts-node x.ts')} now`, 12)).to.equal(
      'Try:\nnpx ts-node x.ts\nnow',
    );
  });

  it('loses no word, and makes no line too long except for a long word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 40 }), (list, columns) => {
        const wrapped = wrap(list.join(' '), columns);

        expect(wrapped.split(/\s/)).to.deep.equal(list);
        for (const line of wrapped.split('\n')) expect(line.length).to.be.at.most(columns);
      }),
    );
  });
});
