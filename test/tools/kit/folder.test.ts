import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { lookInto, readBeginning, written } from '../../../tools/kit/folder';
import { replaceFile } from '../../../tools/kit/results';
import { cleanUp } from '../../helpers/cleanUp';
import { itOnLinux } from '../../helpers/itOnLinux';
import { freshFolder } from './checking';

describe('A folder with log files', function () {
  this.timeout(60_000);
  afterEach(cleanUp);

  it('shows new and changed files, even among 25,000 old files', () => {
    const folder = freshFolder();
    for (let number = 0; number < 25_000; number++)
      writeFileSync(path.join(folder, `log${number}.txt`), '');
    const before = lookInto(folder);
    const [fresh, old] = [path.join(folder, 'log25000.txt'), path.join(folder, 'log7.txt')];
    writeFileSync(fresh, 'a line\n');
    writeFileSync(old, 'another\n');

    expect(written(before, lookInto(folder))).to.have.members([fresh, old]);
  });

  itOnLinux('pipes and links', 'shows the inside of plain files only, and waits for none', () => {
    const folder = freshFolder();
    const at = (name: string) => path.join(folder, name);
    writeFileSync(at('log0.txt'), 'a line\n');
    writeFileSync(at('secret'), 'secret\n');
    symlinkSync(at('secret'), at('log1.txt'));
    linkSync(at('secret'), at('log2.txt'));
    execFileSync('mkfifo', [at('log3.txt')]);
    mkdirSync(at('log4.txt'));

    const names = ['log0.txt', 'log1.txt', 'log2.txt', 'log3.txt', 'log4.txt', 'log5.txt'];
    expect(names.map((name) => readBeginning(at(name)))).to.deep.equal([
      'a line\n',
      ...Array<string>(5).fill(''),
    ]);
  });

  itOnLinux('pipes and links', 'gets a result in the place of a pipe or a link', () => {
    const folder = freshFolder();
    const at = (name: string) => path.join(folder, name);
    execFileSync('mkfifo', [at('pipe')]);
    writeFileSync(at('target'), 'untouched');
    symlinkSync(at('target'), at('link'));

    for (const name of ['pipe', 'link', 'fresh']) replaceFile(at(name), 'marks');

    expect(
      ['pipe', 'link', 'fresh', 'target'].map((name) => readBeginning(at(name))),
    ).to.deep.equal(['marks', 'marks', 'marks', 'untouched']);
    expect([...lookInto(folder).keys()]).to.have.length(4);
  });
});
