import { expect } from 'chai';
import { howItDiffers } from '../../../tools/kit/compare';

describe('What differs from what was sent', () => {
  for (const [sent, came, words] of [
    ['Hello', 'Hello\n', /adds a newline/],
    ['Hello', 'Hello\r\n', /adds a newline/],
    [' a b ', 'a b', /strips what it received/],
    [' a b \n', 'a b\n', /strips what it received/],
    ['ä', '\ufffd\ufffd', /come back as U\+FFFD/],
    ['ä', '??', /come back as "\?"/],
    ['Hello', "b'Hello'", /how Python prints bytes/],
    ['Hello', 'HelloHello', /twice/],
    ['Hello', 'HELLO', /capital letters/],
    ['Hello', 'hello', /small letters/],
    ['Hello', 'olleH', /reversed/],
    ['Hello', '[object Promise]', /an "await" is missing/],
    ['Hello', 'HTTP/1.1 400 Bad Request\r\n', /HTTP/],
    ['Hello', 'Echo: Hello', /with 'Echo: ' before it: /],
    ['Hello', 'Hello!', /with '!' after it: /],
    ['Hello', 'Hello\0', /a NUL after it: that ends a string in C/],
    ['Hello', 'Hello\0\x01\0', /only as many bytes as recv\(\) returned/],
    ['Hello', '<Hello>', /with '<' before it and '>' after it: /],
  ] as const) {
    it(`is a fact: ${JSON.stringify(came)} for ${JSON.stringify(sent)}`, () => {
      expect(howItDiffers(Buffer.from(sent), Buffer.from(came))).to.match(words);
    });
  }

  for (const came of ['', 'Hello', 'Hel', 'Goodbye', 'ERROR'])
    it(`is not a known difference: ${JSON.stringify(came)}`, () => {
      expect(howItDiffers(Buffer.from('Hello'), Buffer.from(came))).to.equal(undefined);
    });
});
