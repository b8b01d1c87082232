import { expect } from 'chai';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { LESSONS } from '../../../tools/lessons/lessons';
import { lessonFile } from '../../../tools/site/lessonPages';
import { itInBrowser, pagesOfOneBrowser, violationsOn, watchFor } from '../../helpers/browser';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { Program } from '../../helpers/Program';
import { freshFolder } from '../kit/checking';

const HREF = /<a\b[^>]*\bhref="([^"]+)"/g;
const ID = /\bid="([^"]+)"/g;
const MOST_BYTES = 5e6;

/**
 * Goes to the end of a run and back by the arrow keys; runs in the page. Gives for each row its number, and
 * whether what happened is told and a line of code is marked.
 */
const STEP_THROUGH = `(() => {
  const seen = [];
  const press = (key) => document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  const look = () => seen.push([
    document.getElementById('count').textContent,
    document.getElementById('title').textContent !== '' && document.querySelector('.line.here') !== null,
  ]);
  const count = Number(document.getElementById('slider').max);
  for (const key of ['ArrowDown', 'ArrowUp'])
    for (let step = 1; step < count; step++) { press(key); look(); }
  return { count, seen };
})()`;

interface Stepped {
  readonly count: number;
  readonly seen: readonly (readonly [count: string, isTold: boolean])[];
}

describe('npm run site', function () {
  this.timeout(240_000);
  const openPage = pagesOfOneBrowser();
  let folder: string;
  let said: string;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'lab3-site-'));
    const built = await Program.script('tools/site/main', ['--out', folder]).ended();
    expect([built.code, built.stderr]).to.deep.equal([0, '']);
    said = built.stdout;
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  const urlOf = (file: string) => pathToFileURL(path.join(folder, file)).href;
  const htmlFiles = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.html'))
      .map((name) => name.replaceAll(path.sep, '/'));
  const textPages = () => htmlFiles().filter((file) => !file.includes('/'));
  const lessonPages = LESSONS.flatMap((lesson) =>
    lesson.runs.map((_, run) => lessonFile(lesson, run)),
  );

  async function open(file: string): Promise<{ page: Page; wrong: string[] }> {
    const page = await openPage({ viewport: { width: 1366, height: 768 } });
    const home = pathToFileURL(folder).href;
    const wrong = watchFor(page, (url) => url.startsWith(home) || url.startsWith('data:'));
    await page.goto(urlOf(file));
    return { page, wrong };
  }

  it('says what it does and where the site is, which is at most 5 MB', () => {
    const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(path.join(folder, name)).size,
    );

    for (const { title } of LESSONS) expect(said).to.contain(title);
    expect(said).to.match(/Open .*index\.html \(all of it: \d\.\d MB\)/);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.below(MOST_BYTES);
  });

  it('has only links that lead to something', () => {
    const pages = new Map(
      htmlFiles().map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]),
    );
    const broken = [...pages].flatMap(([file, text]) =>
      Array.from(text.matchAll(HREF), ([, href = '']) => href)
        .filter((href) => !/^https?:/.test(href))
        .filter((href) => {
          const [target = '', place = ''] = href.split('#');
          const there = path.posix.join(
            path.posix.dirname(file),
            target || path.posix.basename(file),
          );
          const ids = Array.from(pages.get(there)?.matchAll(ID) ?? [], ([, id]) => id);
          return !pages.has(there) || (place !== '' && !ids.includes(decodeURIComponent(place)));
        })
        .map((href) => `${file}: ${href}`),
    );

    expect(pages.size).to.be.above(50);
    expect(broken).to.deep.equal([]);
  });

  it('has code next to each statement of the slides', () => {
    const [, ...statements] = readFileSync(path.join(folder, 'slides.html'), 'utf8').split(
      '<section class="statement">',
    );
    const without = statements.filter(
      (text) => !/<pre.*?<code>\s*\S/s.test(text.split('</section>')[0] ?? ''),
    );

    expect(statements).to.have.length.above(90);
    expect(without).to.deep.equal([]);
  });

  itInBrowser('lets each run be stepped through, forward and back', async () => {
    for (const file of lessonPages) {
      const { page, wrong } = await open(file);
      await page.waitForSelector('.event.chosen');
      const { count, seen } = await page.evaluate<Stepped>(STEP_THROUGH);
      const there = Array.from({ length: count - 1 }, (_, index) => index + 2);
      const numbers = [...there, ...there.map((number) => count + 1 - number)];
      expect(
        seen.map(([number]) => number),
        file,
      ).to.deep.equal(numbers.map((number) => `${number} / ${count}`));
      expect(
        seen.every(([, isTold]) => isTold),
        file,
      ).to.equal(true);
      await page.locator('[data-lesson][open].done').waitFor();
      // The row that the lesson points at.
      await page.locator('.show:visible').click();
      await page.locator('.back.pointed.chosen').waitFor();
      // All are made of the same parts.
      if (file === lessonPages.at(-1)) expect(await violationsOn(page)).to.deep.equal([]);
      expect(wrong, file).to.deep.equal([]);
      await page.close();
    }
  });

  itInBrowser('has pages that anybody can read, also on a phone', async () => {
    const pages = [
      ...textPages(),
      'lessons/await-2.html',
      'source/src/EchoServer.ts.html',
      'api/index.html',
    ];
    for (const file of pages) {
      const { page, wrong } = await open(file);
      if (!file.startsWith('api/')) expect(await violationsOn(page), file).to.deep.equal([]);
      await page.setViewportSize({ width: 390, height: 844 });
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect(width, file).to.be.at.most(390);
      expect(wrong, file).to.deep.equal([]);
      await page.close();
    }
  });

  itInBrowser('prints a lesson with all rows of its run, and without buttons', async () => {
    const { page } = await open('lessons/udp.html');
    const rows = await page.getAttribute('#slider', 'max');
    await page.emulateMedia({ media: 'print' });
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");

    expect(String(await page.locator('.event').count())).to.equal(rows);
    expect(await page.locator('button:visible').count()).to.equal(0);
    expect(await page.locator('.question:visible').count()).to.equal(1);
  });

  itInBrowser('works from a folder on a server, too', async () => {
    const server = createServer((request, response) => {
      const file = new URL(request.url ?? '', 'http://x').pathname.replace('/course/lab3/', '');
      const types: Record<string, string> = { js: 'text/javascript', css: 'text/css' };
      response.setHeader('content-type', types[file.split('.').at(-1) ?? ''] ?? 'text/html');
      response.end(readFileSync(path.join(folder, file)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    afterwards(() => server.close());
    const home = `http://127.0.0.1:${(server.address() as AddressInfo).port}/course/lab3/`;
    const page = await openPage({});
    const wrong = watchFor(page, (url) => url.startsWith(home) || url.startsWith('data:'));
    await page.goto(`${home}index.html`);
    await page.click('text=accept() returns a new socket');
    await page.waitForSelector('.event.chosen');
    await page.click('nav >> text=Slides');
    await page.waitForSelector('.statement');

    expect(wrong).to.deep.equal([]);
  });

  it('writes over no folder that is not its own, and says so', async () => {
    const others = freshFolder();
    writeFileSync(path.join(others, 'thesis.txt'), 'mine');
    const { code, stderr } = await Program.script('tools/site/main', ['--out', others]).ended();

    expect(code).to.equal(1);
    expect(stderr).to.contain('contains files that are not from a site');
    expect(readdirSync(others)).to.deep.equal(['thesis.txt']);
  });

  it('explains itself, and refuses options that it does not know', async () => {
    const help = await Program.script('tools/site/main', ['--help']).ended();
    const wrong = await Program.script('tools/site/main', ['--colour']).ended();

    expect([help.code, help.stdout.includes('--out <folder>')]).to.deep.equal([0, true]);
    expect([wrong.code, wrong.stderr.includes("unknown option '--colour'")]).to.deep.equal([
      2,
      true,
    ]);
  });
});
