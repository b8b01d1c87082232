/** Turns Markdown into HTML, with links to the other pages of the site. */
import { Marked, type Token, type Tokens } from 'marked';
import { escapeHtml } from '../lab/escapeHtml';
import { highlighted } from '../page/html';

/** Where a link of a page leads on the site. */
export type LinkTo = (href: string) => string;

/** What a page is made of. */
export interface Rendered {
  /** The text of its first heading. */
  readonly title: string;
  readonly html: string;
}

const LANGUAGES: Readonly<Record<string, string>> = {
  python: 'py',
  sh: 'sh',
  ts: 'ts',
  json: 'json',
};

/** @param table draws a table in another way than Markdown's; undefined: in that way. */
export function render(
  markdown: string,
  linkTo: LinkTo,
  table?: (table: Tokens.Table, inline: (tokens: readonly Token[]) => string) => string | undefined,
): Rendered {
  let title = '';
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        if (depth === 1 && title === '') title = text.replaceAll('`', '');
        return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${escapeHtml(linkTo(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
      image({ href, text }) {
        return `<img src="${escapeHtml(linkTo(href))}" alt="${escapeHtml(text)}">`;
      },
      code({ text, lang = '' }) {
        return codeBlock(highlighted(text, `x.${LANGUAGES[lang] ?? 'txt'}`));
      },
      html: () => '', // comments for tools
      ...(table && {
        table(token: Tokens.Table) {
          return table(token, (tokens) => this.parser.parseInline([...tokens])) ?? false;
        },
      }),
    },
  });
  return { html: marked.parse(markdown, { async: false }), title };
}

/** Lines of HTML as a block of code that scrolls by itself. */
export function codeBlock(lines: readonly string[]): string {
  return `<pre class="listing" tabindex="0"><code>${lines.join('\n')}</code></pre>\n`;
}

/** The anchor of a heading, in GitHub's form, so that links within a page work in both places. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
