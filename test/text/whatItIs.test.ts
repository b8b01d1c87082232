import { expect } from 'chai';
import { whatItIs } from '../../src/text/whatItIs';

describe('whatItIs', () => {
  for (const [value, words] of [
    [Promise.resolve(), 'a promise: an "await" is probably missing'],
    ['text', 'a string: Buffer.from(text) gives its bytes'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'an object'],
    [[1], 'an object'],
    [7, 'a number'],
    [true, 'a boolean'],
    [whatItIs, 'a function'],
  ] as const) {
    it(`says ${words}`, () => {
      expect(whatItIs(value)).to.equal(words);
    });
  }
});
