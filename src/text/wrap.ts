const NO_BREAK = '\u00a0';

/** A command that `wrap` does not break, so that it can be copied. */
export function command(text: string): string {
  return text.replaceAll(' ', NO_BREAK);
}

/**
 * A text in lines of at most this many columns, broken at spaces; all but the first begin with
 * `indent`. What is longer than a line and has no space stays whole.
 */
export function wrap(text: string, columns: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.trim() === '' || line.length + 1 + word.length <= columns) {
      line += line.trim() === '' ? word : ` ${word}`;
    } else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join('\n').replaceAll(NO_BREAK, ' ');
}
