import { expect } from 'chai';
import { splitWords } from '../../../tools/lab/splitWords';

describe('splitWords', () => {
  for (const [command, words] of [
    ['python3 a.py {port}', ['python3', 'a.py', '{port}']],
    ["  python3\t'my server.py'  ", ['python3', 'my server.py']],
    ['a "b c"d\'e f\'', ['a', 'b cde f']],
    ['a "" b', ['a', '', 'b']],
    ['a\\ b \\"c', ['a b', '"c']],
    ['C:\\Python\\python.exe "D:\\my lab\\a.py"', ['C:\\Python\\python.exe', 'D:\\my lab\\a.py']],
    ["'a\nb' $HOME *.py", ['a\nb', '$HOME', '*.py']],
    ['', []],
  ] as const) {
    it(`splits ${JSON.stringify(command)}`, () => {
      expect(splitWords(command)).to.deep.equal(words);
    });
  }

  it('does not take a quote that is open', () => {
    expect(() => splitWords("python3 'a.py")).to.throw("a ' is not closed");
  });
});
