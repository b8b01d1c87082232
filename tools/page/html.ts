/** What a page is made of: its frame, its modules as JavaScript, and sources to look at. */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import hljs from 'highlight.js/lib/common';
import { IS_CLONE, ROOT } from '../lab/LabProgram';

const loadLate = createRequire(__filename);

/** The modules of a page, by their path in the project. */
export const MODULES: readonly string[] = [
  'src/text/escape',
  'src/trace/record',
  'src/trace/rows',
  'src/trace/Lanes',
  'src/trace/words',
  'src/trace/Connection',
  'src/trace/Datagrams',
  'src/trace/Reducer',
  'tools/page/browser/ServerLanes',
  'tools/page/browser/Model',
  'tools/page/browser/diagram',
  'tools/page/browser/Viewer',
];
/** Those of a page with lessons. */
export const LESSON_MODULES: readonly string[] = [
  'tools/page/browser/lessonText',
  'tools/page/browser/LessonList',
];
/** Sources that a page may show: a trace from elsewhere must not name others. */
const OURS = /^(?:src|examples|steps|starter)(?:\/[\w-]+)+\.ts$/;
const IMPORT = / from '(\.[^']+)'/g;

/** The frame of a page with its parts in their places. */
export function fill(parts: Readonly<Record<string, string>>): string {
  const all: Record<string, string> = { ...parts, style: read('tools/page/browser/style.css') };
  return read('tools/page/browser/page.html').replace(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => all[name] ?? '',
  );
}

/** A module of the page as JavaScript, which imports others by their names. */
export function moduleOf(name: string): string {
  const folder = path.posix.dirname(name);
  const isPacked = !IS_CLONE || isUpToDate(name);
  return (isPacked ? read(packedModule(name)) : compiled(name)).replace(
    IMPORT,
    (_, other: string) => ` from 'lab/${path.posix.join(folder, other)}'`,
  );
}

/** Whether the last build has the module as its source is now. */
function isUpToDate(name: string): boolean {
  const packed = changedAt(packedModule(name));
  return packed !== undefined && packed >= (changedAt(`${name}.ts`) ?? 0);
}

function changedAt(file: string): number | undefined {
  return statSync(path.join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs;
}

/** Where the build and the package have a module of the page as JavaScript; the package has no compiler. */
export function packedModule(name: string): string {
  return `build/page/${name}.js`;
}

/** A module of the page as JavaScript. */
export function compiled(name: string): string {
  const ts = loadLate('typescript') as typeof import('typescript');
  const { outputText } = ts.transpileModule(read(`${name}.ts`), {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      removeComments: true,
    },
  });
  return outputText;
}

/** A script that a page needs no server for. */
export function dataUrl(script: string): string {
  return `data:text/javascript;base64,${Buffer.from(script).toString('base64')}`;
}

/** Files line by line, highlighted. */
export function sourcesOf(files: readonly string[]): Record<string, string[]> {
  const ours = [...new Set(files)].filter((file) => OURS.test(file));
  return Object.fromEntries(ours.map((file) => [file, highlighted(read(file), file)]));
}

/** A source, coloured for the language of its file name. Each line is complete HTML: an element that spans several lines is closed and opened again. */
export function highlighted(source: string, file: string): string[] {
  const ending = path.extname(file).slice(1);
  const language = hljs.getLanguage(ending) ? ending : 'plaintext';
  const html = hljs.highlight(source, { language }).value;
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
export function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** A file of the project; empty if it is no more. */
export function read(file: string): string {
  try {
    return readFileSync(path.join(ROOT, file), 'utf8');
  } catch {
    return '';
  }
}
