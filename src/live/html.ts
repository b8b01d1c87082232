import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import hljs from 'highlight.js/lib/core';
import typescript from 'highlight.js/lib/languages/typescript';
import ts from 'typescript';
import { LABS } from '../trace/lab';
import type { TraceRecord } from '../trace/record';
import { rowsOf } from '../trace/reduce';

const BUILT = __filename.endsWith('.js');
const ROOT = path.join(__dirname, BUILT ? '../../..' : '../..');
/** What the page is made of, by its path in src/. */
export const MODULES: readonly string[] = [
  'text/escape',
  'trace/record',
  'trace/rows',
  'trace/datagrams',
  'trace/reduce',
  'live/page/model',
  'live/page/diagram',
  'live/page/viewer',
  'live/page/kept',
  'live/page/live',
];
/** Sources that a page may show: a trace from elsewhere must not name others. */
const OURS = /^(?:src|examples|steps|starter)(?:\/[\w-]+)+\.ts$/;
const IMPORT = / from '(\.[^']+)'/g;

hljs.registerLanguage('typescript', typescript);

const HINT =
  '<p class="hint">Arrow keys, or a click on a row: look at one call after the other.</p>';

/** A run as one page that needs nothing else: for a report, a lecture, a web site. */
export function toHtml(records: readonly TraceRecord[], title: string): string {
  const names = MODULES.filter((name) => name !== 'live/page/live');
  const imports = Object.fromEntries(names.map((name) => [`lab/${name}`, dataUrl(moduleOf(name))]));
  const sources = sourcesOf(placesIn(records));
  const scripts = [
    `<script type="application/json" id="run">${json({ records, sources })}</script>`,
    `<script type="importmap">${json({ imports })}</script>`,
    `<script type="module">import 'lab/live/page/kept';</script>`,
  ];
  return fill({ title: escapeHtml(title), controls: HINT, scripts: scripts.join('\n') });
}

/** The page of the live server. */
export function livePage(token: string, nonce: string): string {
  const imports = Object.fromEntries(MODULES.map((name) => [`lab/${name}`, `/js/${name}.js`]));
  const names = Object.fromEntries(
    Object.entries(LABS).map(([lab, files]) => [lab, files.map((file) => path.basename(file))]),
  );
  const scripts = [
    `<script type="application/json" id="given" nonce="${nonce}">${json({ token, names, sources: allSources() })}</script>`,
    `<script type="importmap" nonce="${nonce}">${json({ imports })}</script>`,
    `<script type="module" nonce="${nonce}">import 'lab/live/page/live';</script>`,
  ];
  const controls = read('src/live/page/controls.html');
  return fill({ title: 'Lab 3, live', nonce, controls, scripts: scripts.join('\n') });
}

function fill(parts: Readonly<Record<string, string>>): string {
  const all: Record<string, string> = { ...parts, style: read('src/live/page/style.css') };
  return read('src/live/page/page.html').replace(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => all[name] ?? '',
  );
}

/** All files in which a call of the lab's programs can stand; they do not change while it runs. */
function allSources(): Record<string, string[]> {
  sources ??= sourcesOf(
    ['src', 'src/socket', 'src/udp'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`),
    ),
  );
  return sources;
}

let sources: Record<string, string[]> | undefined;

/** A module of the page as JavaScript, which imports others by their names. */
export function moduleOf(name: string): string {
  const { outputText } = ts.transpileModule(read(`src/${name}.ts`), {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      removeComments: true,
    },
  });
  const folder = path.posix.dirname(name);
  return outputText.replace(
    IMPORT,
    (_, other: string) => ` from 'lab/${path.posix.join(folder, other)}'`,
  );
}

function dataUrl(script: string): string {
  return `data:text/javascript;base64,${Buffer.from(script).toString('base64')}`;
}

/** The files in which the calls of a run stand. */
function placesIn(records: readonly TraceRecord[]): string[] {
  return rowsOf(records)
    .flatMap(({ client, server }) => [client?.at, client?.lab, server?.at, server?.lab])
    .flatMap((place) => (place ? [place.file] : []));
}

/** Files line by line, highlighted. */
function sourcesOf(files: readonly string[]): Record<string, string[]> {
  const ours = [...new Set(files)].filter((file) => OURS.test(file));
  return Object.fromEntries(ours.map((file) => [file, highlighted(read(file))]));
}

/** Each line is HTML of its own: what spans several lines is closed and opened again. */
function highlighted(source: string): string[] {
  const html = hljs.highlight(source, { language: 'typescript' }).value;
  let open: string[] = [];
  return html.split('\n').map((line) => {
    const begin = open.join('');
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) {
      if (tag === '</span>') open = open.slice(0, -1);
      else open = [...open, tag];
    }
    return `${begin}${line}${'</span>'.repeat(open.length)}`;
  });
}

/** JSON in which nothing ends a script. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function read(file: string): string {
  try {
    return readFileSync(path.join(ROOT, file), 'utf8');
  } catch {
    return ''; // a file that is no more
  }
}
