import { InvalidArgumentError } from 'commander';

/** What is quoted, what a backslash keeps in a word, a blank, or any other sign. */
const PIECE = /(["'])((?:(?!\1).)*)(\1|$)|\\([\s"'])|(\s+)|([^])/gsu;

/**
 * Splits a command as a shell splits words: at blanks, but not within quotes. No other sign has a
 * meaning, and a backslash in a path of Windows stays.
 * @throws Error when a quote is not closed.
 */
export function splitWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, quote, quoted = '', end, escaped, blank, other] of command.matchAll(PIECE)) {
    if (quote !== undefined && end === '') throw new Error(`a ${quote} is not closed`);
    if (blank === undefined) {
      word = (word ?? '') + (quote === undefined ? (escaped ?? other ?? '') : quoted);
    } else {
      if (word !== undefined) words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** A command as an option's value. @throws InvalidArgumentError for an empty one, or an open quote. */
export function commandWords(text: string): string[] {
  try {
    const words = splitWords(text);
    if (words.length > 0) return words;
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
  throw new InvalidArgumentError("a command, e.g. 'python3 server.py'.");
}
