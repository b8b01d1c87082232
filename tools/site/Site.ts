import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { escapeHtml } from '../lab/escapeHtml';
import { ROOT } from '../lab/LabProgram';
import { highlighted, read } from '../page/html';

/** The head of each page. */
const MENU: readonly (readonly [file: string, words: string])[] = [
  ['index.html', 'Lessons'],
  ['slides.html', 'Slides'],
  ['steps.html', 'Steps'],
  ['kit.html', 'Check your program'],
  ['python.html', 'Python'],
  ['tutors.html', 'Tutors'],
  ['api/index.html', 'API'],
];

/** The style of the pages of text: that of the live page, and more. */
const STYLE = 'assets/style.css';

/** Without it, browsers ask the server for an icon. */
export const NO_ICON = '<link rel="icon" href="data:,">';

/** The site being written; pages are identified by their paths in it. */
export class Site {
  /** Sources that a page links to, and that have no page yet. */
  readonly #wanted = new Set<string>();
  readonly #written = new Set<string>();

  constructor(readonly folder: string) {
    this.write(STYLE, `${read('tools/page/browser/style.css')}${read('tools/site/text.css')}`);
  }

  write(file: string, text: string | Buffer): void {
    const target = path.join(this.folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
    this.#written.add(file);
  }

  /** The menu of the page with this path. */
  menu(file: string): string {
    const links = MENU.map(([target, words]) => {
      const isHere = target === file ? ' aria-current="page"' : '';
      return `<a href="${relative(file, target)}"${isHere}>${words}</a>`;
    });
    return `<nav aria-label="The site">${links.join(' ')}</nav>`;
  }

  /** Writes a page of text. */
  writeText(file: string, title: string, html: string): void {
    this.write(
      file,
      `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${NO_ICON}
<link rel="stylesheet" href="${relative(file, STYLE)}">
</head>
<body class="text">
<header><b>Lab 3</b>${this.menu(file)}</header>
<main>
${html}
</main>
</body>
</html>
`,
    );
  }

  /** The target of a link in a file of the project, relative to the page that shows this file. */
  linkFrom(page: string, source: string): (href: string) => string {
    return (href) => {
      if (/^(?:https?:|#)/.test(href)) return href;
      const [target = '', place] = href.split('#');
      const file = path.posix.join(path.posix.dirname(source), target);
      const anchor = place === undefined ? '' : `#${place}`;
      return `${relative(page, this.pageOf(file))}${anchor}`;
    };
  }

  /** The page that shows a file of the project; the first link to a source creates its page. */
  pageOf(file: string): string {
    if (file.endsWith('.png')) return `assets/${path.posix.basename(file)}`;
    if (file.endsWith('.md')) return `${path.posix.basename(file, '.md').toLowerCase()}.html`;
    const page = statSync(path.join(ROOT, file)).isDirectory()
      ? `source/${file.replace(/\/$/, '')}/index.html`
      : `source/${file}.html`;
    if (!this.#written.has(page)) this.#wanted.add(file);
    return page;
  }

  /** Writes the pages of all sources that others lead to. */
  writeSources(filesIn: (folder: string) => readonly string[]): void {
    for (const file of this.#wanted) {
      const page = this.pageOf(file);
      if (page.endsWith('/index.html')) this.#writeFolder(page, file, filesIn(file));
      else this.#writeSource(page, file);
    }
    this.#wanted.clear();
  }

  #writeFolder(page: string, folder: string, files: readonly string[]): void {
    const items = files.map(
      (file) => `<li><a href="${relative(page, this.pageOf(file))}">${escapeHtml(file)}</a></li>`,
    );
    this.writeText(page, folder, `<h1>${escapeHtml(folder)}</h1><ul>${items.join('\n')}</ul>`);
  }

  #writeSource(page: string, file: string): void {
    const text = readFileSync(path.join(ROOT, file), 'utf8').trimEnd();
    const lines = highlighted(text, file).map(
      (html, index) => `<span class="row" id="L${index + 1}">${html}</span>`,
    );
    const code = `<pre class="listing numbered" tabindex="0"><code>${lines.join('\n')}</code></pre>`;
    this.writeText(page, file, `<h1>${escapeHtml(file)}</h1>\n${code}`);
  }
}

/** The relative path from one page of the site to another; it works on a server and on a disk. */
export function relative(from: string, to: string): string {
  return path.posix.relative(path.posix.dirname(from), to);
}
