import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { withPicture } from '../../tools/listings';
import { ROOT } from '../helpers/Program';

describe('README.md', function () {
  this.timeout(60_000);

  const page = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

  it('is at most 150 lines long', () => {
    expect(page.trimEnd().split('\n')).to.have.length.at.most(150);
  });

  it('shows the echo server as it is in its file', () => {
    const [, code = ''] = /```ts\n(.*?)```/s.exec(page) ?? [];

    expect(code).to.contain('converse');
    expect(readFileSync(path.join(ROOT, 'src/EchoServer.ts'), 'utf8')).to.contain(code);
  });

  it('has only links that lead to a file', () => {
    const links = Array.from(page.matchAll(/\]\(([^)#]+)\)/g), ([, link = '']) => link);

    expect(links).to.have.length.above(10);
    expect(links.filter((link) => !existsSync(path.join(ROOT, link)))).to.deep.equal([]);
  });

  it('names only scripts and files that are there', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const names = Array.from(
      page.matchAll(/npm run (?:-s )?([\w-]+(?::\w+)?)/g),
      ([, name = '']) => name,
    );
    const files = Array.from(page.matchAll(/npx ts-node (\S+\.ts)/g), ([, file = '']) => file);

    expect(names.filter((name) => !(name in scripts))).to.deep.equal([]);
    expect(files).to.have.length.above(3);
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).to.deep.equal([]);
  });

  it('shows what npm run trace -- echo draws (npm run listings)', async () => {
    expect(page).to.match(/EchoClient\S*:\d+ sendall\(12 B\)/);
    expect(await withPicture(page)).to.equal(page);
  });
});
