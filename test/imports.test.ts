import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';
import { ROOT } from './helpers/Program';

/** The folders that the files of a folder may import from, besides their own. Late loads count. */
const ARROWS: Record<string, string[]> = {
  src: ['src/cli', 'src/services', 'src/socket', 'src/text'],
  'src/udp': ['src/cli', 'src/services', 'src/socket', 'src/text'],
  'src/cli': ['src/services', 'src/socket', 'src/text', 'src/trace'],
  'src/services': ['src/text'],
  'src/trace': ['src/services', 'src/socket', 'src/text'],
  'src/socket': ['src/text'],
  'src/text': [],
  tools: [
    'src/cli',
    'src/text',
    'src/trace',
    'tools/lab',
    'tools/live',
    'tools/page',
    'tools/trace',
  ],
  'tools/bench': ['src', 'src/cli', 'src/socket', 'src/trace', 'test/helpers', 'tools/lab'],
  'tools/kit': [
    'src/cli',
    'src/socket',
    'src/text',
    'src/trace',
    'src/udp',
    'tools/lab',
    'tools/watch',
  ],
  'tools/lab': [],
  'tools/lessons': ['src/trace', 'tools/lab', 'tools/page/browser'],
  'tools/live': [
    'src/cli',
    'src/socket',
    'src/text',
    'src/trace',
    'tools/kit',
    'tools/lab',
    'tools/lessons',
    'tools/page',
    'tools/page/browser',
    'tools/trace',
    'tools/udp',
  ],
  'tools/page': ['tools/lab'],
  'tools/page/browser': ['src/trace'],
  'tools/site': [
    'src/cli',
    'src/trace',
    'tools/lab',
    'tools/lessons',
    'tools/live',
    'tools/page',
    'tools/page/browser',
    'tools/trace',
  ],
  'tools/soak': ['src/text', 'test/helpers', 'tools/lab'],
  'tools/trace': [
    'src/cli',
    'src/socket',
    'src/text',
    'src/trace',
    'tools/kit',
    'tools/lab',
    'tools/page',
    'tools/watch',
  ],
  'tools/watch': ['src/trace', 'tools/lab'],
  'tools/udp': [
    'examples/clients',
    'src',
    'src/cli',
    'src/socket',
    'src/text',
    'src/udp',
    'tools/lab',
  ],
};

/** A module that is loaded when it is needed. */
const LATE = /\bloadLate\(\s*'([^']+)',?\s*\)/g;
const TYPED_LATE = /\bloadLate\(\s*'([^']+)',?\s*\) as typeof import\('\1'\)/g;

/** What makes `loadLate`. */
const MAKES_LATE = 'const loadLate = createRequire(__filename);';

function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** What a file imports when it is loaded, types included. */
function importsOf(file: string): string[] {
  const text = textOf(file).replace(TYPED_LATE, '');
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
}

/** The files of the project that a file imports when it is loaded. */
function filesImportedBy(file: string): string[] {
  return inProject(file, importsOf(file));
}

/** The same, and those that it loads late. */
function allFilesUsedBy(file: string): string[] {
  const late = [...textOf(file).matchAll(LATE)].map(([, name = '']) => name);
  return inProject(file, [...importsOf(file), ...late]);
}

function inProject(file: string, names: readonly string[]): string[] {
  return names
    .filter((name) => name.startsWith('.'))
    .map((name) => `${path.posix.join(path.posix.dirname(file), name)}.ts`);
}

/** A circle that can be reached from here, if there is one; `without` are places from which there is none. */
function circle(
  from: string,
  next: (from: string) => readonly string[],
  without: Set<string>,
  way: string[] = [],
): string[] | undefined {
  if (way.includes(from)) return [...way.slice(way.indexOf(from)), from];
  if (without.has(from)) return undefined;
  for (const to of next(from)) {
    const found = circle(to, next, without, [...way, from]);
    if (found) return found;
  }
  without.add(from);
  return undefined;
}

/** All that a program loads: files of src/, and packages. */
function loadedBy(file: string, loaded = new Set<string>()): Set<string> {
  for (const name of importsOf(file)) if (!name.startsWith('.')) loaded.add(name);
  for (const imported of filesImportedBy(file)) {
    if (loaded.has(imported)) continue;
    loaded.add(imported);
    loadedBy(imported, loaded);
  }
  return loaded;
}

function filesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll(path.sep, '/')}`);
}

describe('The imports of src/ and tools/', () => {
  const src = filesIn('src');
  const files = [...src, ...filesIn('tools')];
  const foldersUsedBy = new Map<string, Set<string>>();
  for (const file of files) {
    const folder = path.posix.dirname(file);
    const used = foldersUsedBy.get(folder) ?? new Set();
    foldersUsedBy.set(folder, used);
    for (const other of allFilesUsedBy(file).map((used) => path.posix.dirname(used)))
      if (other !== folder) used.add(other);
  }

  it('go one way', () => {
    const wrong = files.flatMap((file) => {
      const folder = path.posix.dirname(file);
      const allowed = [folder, ...(ARROWS[folder] ?? [])];
      return allFilesUsedBy(file)
        .filter((used) => !allowed.includes(path.posix.dirname(used)))
        .map((used) => `${file} imports ${used}`);
    });

    expect(wrong).to.deep.equal([]);
  });

  it('are all that the list of arrows allows', () => {
    const unused = Object.entries(ARROWS).flatMap(([folder, allowed]) =>
      allowed.filter((to) => !foldersUsedBy.get(folder)?.has(to)).map((to) => `${folder} to ${to}`),
    );

    expect(unused).to.deep.equal([]);
  });

  it('never lead from src/ to tools/', () => {
    const used = src.flatMap(allFilesUsedBy);

    expect(used).to.include('src/trace/start.ts').and.to.include('src/cli/workers.ts');
    expect(used.filter((file) => !file.startsWith('src/'))).to.deep.equal([]);
  });

  it('go in no circle of files', () => {
    const without = new Set<string>();
    const circles = files.map((file) => circle(file, allFilesUsedBy, without));

    expect(circles.filter((found) => found !== undefined)).to.deep.equal([]);
  });

  it('go in no circle of folders', () => {
    const next = (folder: string) => [...(foldersUsedBy.get(folder) ?? [])];
    const without = new Set<string>();
    const circles = [...foldersUsedBy.keys()].map((folder) => circle(folder, next, without));

    expect(circles.filter((found) => found !== undefined)).to.deep.equal([]);
  });

  it('that are late have the type of what they load', () => {
    const late = files.filter((file) => textOf(file).includes('createRequire('));
    const wrong = late.filter((file) => {
      const text = textOf(file).replace(MAKES_LATE, '').replace(TYPED_LATE, '');
      return /createRequire\(|loadLate/.test(text);
    });

    expect(late).to.include('src/cli/tracing.ts').and.to.include('src/cli/runServer.ts');
    expect(wrong).to.deep.equal([]);
  });

  it('of node:net are all in src/socket/', () => {
    const users = src.filter((file) => importsOf(file).includes('node:net'));

    expect(users.map((file) => path.posix.dirname(file))).to.include('src/socket');
    expect(users.filter((file) => path.posix.dirname(file) !== 'src/socket')).to.deep.equal([]);
  });

  it('of node:dgram are all in one file', () => {
    const users = src.filter((file) => importsOf(file).includes('node:dgram'));

    expect(users).to.deep.equal(['src/udp/DatagramSocket.ts']);
  });

  for (const client of ['EchoClient', 'DateClient', 'udp/UdpEchoClient', 'udp/UdpDateClient']) {
    it(`spare ${client} the container and the logger, which take time to load`, () => {
      const loaded = loadedBy(`src/${client}.ts`);

      expect(loaded).to.include('commander').and.to.include('src/cli/options.ts');
      for (const servers of [
        'inversify',
        'reflect-metadata',
        'src/services/NumberedFileLogger.ts',
      ]) {
        expect(loaded).not.to.include(servers);
      }
    });
  }

  it('leave the five programs as the only files next to the folders', () => {
    const beside = src.filter((file) => path.posix.dirname(file) === 'src');

    expect(beside).to.have.members([
      'src/EchoServer.ts',
      'src/EchoClient.ts',
      'src/DateServer.ts',
      'src/DateClient.ts',
      'src/LoggingDateServer.ts',
    ]);
  });
});
