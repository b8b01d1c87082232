import { expect } from 'chai';
import { quote } from '../../src/text/quote';

describe('quote', () => {
  // What Python's repr() gives.
  for (const [what, text, quoted] of [
    ['nothing', '', "''"],
    ['words', 'Hello, world', "'Hello, world'"],
    ['an apostrophe', "it's", `"it's"`],
    ['quotation marks', 'say "hi"', `'say "hi"'`],
    ['both', `it's "x"`, `'it\\'s "x"'`],
    ['both and a backtick', `it's "\`"`, `'it\\'s "\`"'`],
    ['a newline', 'one\ntwo', "'one\\ntwo'"],
    ['a tab and a return', '\t\r', "'\\t\\r'"],
    ['a backslash', 'C:\\new', "'C:\\\\new'"],
    ['any script', 'grüß 你好 🙂', "'grüß 你好 🙂'"],
  ] as const) {
    it(`puts ${what} in quotes as Python does`, () => {
      expect(quote(text)).to.equal(quoted);
    });
  }

  it('does not shorten or break a text of 100,000 characters', () => {
    const text = 'x'.repeat(100_000);

    expect(quote(text)).to.equal(`'${text}'`);
  });

  it('does not break a text of many lines', () => {
    expect(quote('line\n'.repeat(1000))).to.equal(`'${'line\\n'.repeat(1000)}'`);
  });

  it('escapes every control character and what turns the direction of a line', () => {
    const codes = Array.from({ length: 0xa0 }, (_, code) => code).filter(
      (code) => code < 0x20 || code >= 0x7f,
    );
    const text = String.fromCharCode(...codes, 0x2028, 0x2029, 0x202e, 0x2066);

    expect(quote(text)).to.match(/^'[ -~]+'$/);
  });

  it('escapes half of a character', () => {
    expect(quote('a\ud800b').toLowerCase()).to.equal("'a\\ud800b'");
  });
});
