import { expect } from 'chai';
import fc from 'fast-check';
import { escapeControls } from '../../src/text/escape';

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const STEERING = [
  ...range(0x00, 0x1f), // C0
  ...range(0x7f, 0x9f), // DEL and C1
  ...range(0x2028, 0x2029), // line and paragraph separator
  ...[0x061c, 0x200e, 0x200f], // direction marks
  ...range(0x202a, 0x202e), // embeddings and overrides of direction
  ...range(0x2066, 0x2069), // isolates of direction
];

describe('escapeControls', () => {
  for (const code of STEERING) {
    const escaped = `\\u${code.toString(16).padStart(4, '0')}`;

    it(`escapes ${escaped}`, () => {
      const character = String.fromCharCode(code);

      expect(escapeControls(`a${character}b${character}`)).to.equal(`a${escaped}b${escaped}`);
    });
  }

  for (const text of [
    '',
    ' ~',
    'Crème brûlée',
    'e\u0301', // an accent of its own
    '你好, 世界',
    'नमस्ते',
    'שלום',
    '👩‍👩‍👧 🏳️‍🌈',
    '\u00a0\u00ad',
    '"quoted" \\n',
  ]) {
    it(`leaves ${JSON.stringify(text)} as it is`, () => {
      expect(escapeControls(text)).to.equal(text);
    });
  }

  it('leaves no control characters in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const left = Array.from(escapeControls(text), (character) => character.codePointAt(0) ?? 0);

        expect(left).not.to.include.oneOf(STEERING);
      }),
    );
  });
});
