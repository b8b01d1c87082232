import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';
import { ROOT } from './helpers/Program';

const SRC = path.join(ROOT, 'src');

/** Which folders of src/ the files of a folder may import from; `.` is src/ itself. */
const ARROWS: Record<string, string[]> = {
  '.': ['.', 'cli', 'services', 'socket', 'text'],
  cli: ['.', 'cli', 'services', 'socket', 'text'],
  services: ['services', 'text'],
  live: ['live', 'cli', 'socket', 'text', 'trace', 'udp'],
  'live/page': ['live/page', 'trace'],
  socket: ['socket', 'text'],
  text: ['text'],
  kit: ['kit', 'cli', 'socket', 'text'],
  trace: ['trace', 'cli', 'socket', 'text', 'udp'],
  udp: ['udp', 'cli', 'services', 'socket', 'text'],
};

/** What a file of src/ imports, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(SRC, file), 'utf8');
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
}

/** The files of src/ that a file of src/ imports. */
function filesImportedBy(file: string): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => `${path.posix.join(path.posix.dirname(file), name)}.ts`);
}

/** The way back to a file, if it imports itself by way of others. */
function circle(file: string, way: string[] = []): string[] | undefined {
  if (way[0] === file) return [...way, file];
  if (way.includes(file)) return undefined;
  for (const imported of filesImportedBy(file)) {
    const found = circle(imported, [...way, file]);
    if (found) return found;
  }
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

describe('The imports of src/', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll(path.sep, '/'));

  it('go one way', () => {
    const wrong = files.flatMap((file) =>
      filesImportedBy(file)
        .filter((imported) => {
          const allowed = ARROWS[path.posix.dirname(file)] ?? [];
          return !allowed.includes(path.posix.dirname(imported));
        })
        .map((imported) => `${file} imports ${imported}`),
    );

    expect(files.flatMap(filesImportedBy)).not.to.be.empty;
    expect(wrong).to.deep.equal([]);
  });

  it('go in no circle', () => {
    const circles = files.map((file) => circle(file)).filter((found) => found !== undefined);

    expect(circles).to.deep.equal([]);
  });

  it('of node:net are all in src/socket/', () => {
    const users = files.filter((file) => importsOf(file).includes('node:net'));

    expect(users.map((file) => path.posix.dirname(file))).to.include('socket');
    expect(users.filter((file) => path.posix.dirname(file) !== 'socket')).to.deep.equal([]);
  });

  it('of node:dgram are all in one file', () => {
    const users = files.filter((file) => importsOf(file).includes('node:dgram'));

    expect(users).to.deep.equal(['udp/DatagramSocket.ts']);
  });

  for (const client of [
    'EchoClient.ts',
    'DateClient.ts',
    'udp/UdpEchoClient.ts',
    'udp/UdpDateClient.ts',
  ]) {
    it(`spare ${client} the container and the logger, which take time to load`, () => {
      const loaded = loadedBy(client);

      expect(loaded).to.include('commander').and.to.include('cli/options.ts');
      for (const servers of ['inversify', 'reflect-metadata', 'services/NumberedFileLogger.ts']) {
        expect(loaded).not.to.include(servers);
      }
    });
  }

  it('make the five programs and the container stand alone beside the folders', () => {
    const beside = files.filter((file) => !file.includes('/'));

    expect(beside).to.have.members([
      'EchoServer.ts',
      'EchoClient.ts',
      'DateServer.ts',
      'DateClient.ts',
      'LoggingDateServer.ts',
      'container.ts',
    ]);
  });
});
