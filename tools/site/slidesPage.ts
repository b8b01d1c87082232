/** docs/slides.md with the code next to each statement. */
import type { Token, Tokens } from 'marked';
import { highlighted, read } from '../page/html';
import { codeBlock, type LinkTo, type Rendered, render } from './markdown';

/** At most this many lines of code are shown. */
const MOST_LINES = 7;
/** The column with links to the code. */
const CODE = 'In our code';
const PLACE = /^\.\.\/(\S+)#L(\d+)$/;

export function slidesPage(markdown: string, linkTo: LinkTo): Rendered {
  return render(markdown, linkTo, ({ header, rows }, inline) => {
    if (header[1]?.text !== CODE) return undefined;
    const statements = rows.map((row) => {
      const [statement, code, words] = row.map(({ tokens }) => tokens);
      return `<section class="statement">
<div><h3>${isNumber(statement) ? 'Line ' : ''}${inline(statement ?? [])}</h3>
<p>${inline(words ?? [])}</p>
<p class="where">${inline(code ?? [])}</p></div>
<div>${excerptsOf(code ?? []).join('')}</div>
</section>`;
    });
    return statements.join('\n');
  });
}

function isNumber(tokens: readonly Token[] = []): boolean {
  return tokens.length === 1 && /^\d+$/.test(tokens[0]?.raw ?? '');
}

/** The code behind these links, each place once. */
function excerptsOf(tokens: readonly Token[]): string[] {
  const links = tokens.filter((token): token is Tokens.Link => token.type === 'link');
  return links.flatMap(({ href }) => {
    const [, file = '', line = ''] = PLACE.exec(href) ?? [];
    return file === '' ? [] : [codeBlock(excerpt(file, Number(line)))];
  });
}

/** From this line to the end of what begins there, or as far as there is room. */
function excerpt(file: string, number: number): string[] {
  const text = read(file);
  const lines = text.split('\n');
  const first = lines[number - 1] ?? '';
  const indent = indentOf(first);
  const length = lines
    .slice(number, number - 1 + MOST_LINES)
    .findIndex((line) => line.trim() === '' || indentOf(line) < indent || isEndAt(line, indent));
  const isEnd = isEndAt(lines[number + length] ?? '', indent);
  const count = length < 0 ? MOST_LINES : length + (isEnd ? 2 : 1);
  return highlighted(text, file)
    .slice(number - 1, number - 1 + count)
    .map((html) => (html.startsWith(' '.repeat(indent)) ? html.slice(indent) : html));
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** `}` at the depth at which it began. */
function isEndAt(line: string, indent: number): boolean {
  return indentOf(line) === indent && /^[})\]]/.test(line.trim());
}
