import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { moduleOf, packedModule } from '../../../tools/page/html';
import { ROOT } from '../../helpers/Program';

const EARLIER = new Date(2026, 0, 1);
const LATER = new Date(2026, 0, 2);

describe('A module of the page', () => {
  let folder: string;
  let name: string;
  beforeEach(() => {
    mkdirSync(path.join(ROOT, 'build'), { recursive: true });
    folder = mkdtempSync(path.join(ROOT, 'build/module-'));
    name = path.relative(ROOT, path.join(folder, 'module')).replaceAll(path.sep, '/');
    writeFileSync(path.join(ROOT, `${name}.ts`), "export const from: string = 'source';\n");
    mkdirSync(path.dirname(path.join(ROOT, packedModule(name))), { recursive: true });
    writeFileSync(path.join(ROOT, packedModule(name)), "export const from = 'build';\n");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    rmSync(path.dirname(path.join(ROOT, packedModule(name))), { recursive: true });
  });

  function write(source: Date, built: Date): void {
    utimesSync(path.join(ROOT, `${name}.ts`), source, source);
    utimesSync(path.join(ROOT, packedModule(name)), built, built);
  }

  it('is taken from the last build, which saves a second', () => {
    write(EARLIER, LATER);

    expect(moduleOf(name)).to.equal("export const from = 'build';\n");
  });

  it('is compiled again if its source has changed since then', () => {
    write(LATER, EARLIER);

    expect(moduleOf(name)).to.equal("export const from = 'source';\n");
  });
});
