import { expect } from 'chai';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { type CallRecord, recordLine, parseTrace } from '../../../src/trace/record';
import { cleanUp } from '../../helpers/cleanUp';
import { itInBrowser, pagesOfOneBrowser, violationsOn, watchFor } from '../../helpers/browser';
import { Program, ROOT } from '../../helpers/Program';
import { freshFolder } from '../kit/checking';
import { stepThrough } from './stepping';

const FIXTURES = path.join(ROOT, 'test/fixtures/trace');

describe('A run that is kept in a page', function () {
  const openPage = pagesOfOneBrowser();
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  /** Writes a page from a trace, and opens it from the disk. */
  async function open(
    trace: string,
    viewport = { width: 1280, height: 800 },
  ): Promise<{ page: Page; wrong: string[]; file: string }> {
    const file = path.join(freshFolder(), 'run.html');
    const made = await Program.script('tools/trace/main', ['show', trace, '--html', file]).ended();
    expect([made.code, made.stderr]).to.deep.equal([0, '']);
    const page = await openPage({ viewport });
    const wrong = watchFor(page, (url) => url.startsWith('file:') || url.startsWith('data:'));
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('.event.chosen');
    return { page, wrong, file };
  }

  for (const args of [['echo'], ['date'], ['echo', '--clients', '3']]) {
    itInBrowser(
      `of ${args.join(' ')} is stepped through forward and back, with the lines in view`,
      async () => {
        // A run of now: in one of the fixtures the sources had other lines.
        const trace = path.join(freshFolder(), 'run.jsonl');
        await Program.script('tools/trace/main', [...args, '--keep', trace]).ended();
        const { page, wrong, file } = await open(trace);
        expect(await stepThrough(page)).to.have.length.above(10);

        expect(wrong).to.deep.equal([]);
        expect(statSync(file).size).to.be.below(1024 * 1024);
      },
    );
  }

  itInBrowser('shows markup in a message as text', async () => {
    const trace = path.join(freshFolder(), 'run.jsonl');
    const attack = Buffer.from('</script><img src=x onerror="document.title=1">').toString(
      'base64',
    );
    const text = readFileSync(path.join(FIXTURES, 'echo.jsonl'), 'utf8');
    writeFileSync(trace, text.replaceAll(/"b64":"[^"]+"/g, `"b64":"${attack}"`));
    const { page, wrong } = await open(trace);
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');

    expect(await page.locator('img').count()).to.equal(0);
    expect(await page.title()).to.equal('EchoClient and EchoServer');
    expect(await page.textContent('#bytes pre')).to.contain('</script><img src=x');
    expect(wrong).to.deep.equal([]);
  });

  itInBrowser('shows no file that is not the project’s, whatever the trace says', async () => {
    const trace = path.join(freshFolder(), 'run.jsonl');
    const text = readFileSync(path.join(FIXTURES, 'echo.jsonl'), 'utf8');
    writeFileSync(trace, text.replaceAll('src/EchoServer.ts', '../../../../etc/passwd'));
    const { file } = await open(trace);

    expect(readFileSync(file, 'utf8')).not.to.contain('root:x:0');
  });

  itInBrowser('draws what went wrong where it happened, and explains it', async () => {
    const { page } = await open(path.join(FIXTURES, 'refused.jsonl'));
    await page.keyboard.press('ArrowDown');

    expect(await page.textContent('#title')).to.match(/^connect\(127\.0\.0\.1:1\)/);
    expect(await page.textContent('#sentence')).to.contain('no server is listening on port 1');
    expect(await page.locator('.event.chosen .cross').count()).to.equal(1);
  });

  itInBrowser(
    'draws datagrams through the relay: lost, doubled, and one that overtakes',
    async () => {
      const { page, wrong } = await open(path.join(FIXTURES, 'relay.jsonl'));
      const slants =
        await page.evaluate(`[...document.querySelectorAll('line.request')].map((line) =>
      ['x1', 'y1', 'y2'].map((name) => Number(line.getAttribute(name))))`);
      const first = (slants as [number, number, number][]).filter(([x1]) => x1 < 400);
      const isOvertaking = first.some(([, y1, y2]) =>
        first.some(([, before, after]) => y1 > before && y2 < after),
      );
      const lost = await page.locator('.words.failed', { hasText: 'lost' }).allTextContents();

      expect(isOvertaking, JSON.stringify(first)).to.equal(true);
      expect(lost).to.deep.equal(['lost "thre…', 'lost "two"']);
      expect(await page.locator('.words', { hasText: '(onc' }).count()).to.equal(1);
      await page.locator('.event', { hasText: '(has' }).click();
      expect(await page.textContent('#sentence')).to.contain(
        'It has overtaken 1 that were sent earlier.',
      );
      expect(wrong).to.deep.equal([]);
    },
  );

  itInBrowser('keeps the server in view while clients scroll beneath it', async () => {
    const { page } = await open(manyClients());
    const scroller = page.locator('#scroller');
    const isSeen = async (head: string) => {
      const box = await page.locator('.head-box', { hasText: head }).boundingBox();
      const around = await scroller.boundingBox();
      return box && around && box.x >= around.x && box.x + box.width <= around.x + around.width;
    };
    for (const [key, client] of [
      ['Home', 'Client A'],
      ['End', 'Client I'],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator('.head-box', { hasText: client }).waitFor();
      expect(await isSeen('EchoServer'), key).to.equal(true);
      expect(await isSeen(client), key).to.equal(true);
    }
  });

  itInBrowser(
    'is usable for everybody: keyboard, contrast, names (axe), light and dark',
    async () => {
      const { page } = await open(path.join(FIXTURES, 'three-clients.jsonl'));
      for (const theme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: theme as 'light' | 'dark' });
        expect(await violationsOn(page), theme).to.deep.equal([]);
      }
    },
  );

  for (const [width, height, name] of [
    [1280, 800, 'three-clients'],
    [1920, 1080, 'three-clients'],
    [820, 1000, 'three-clients'],
    [1280, 800, 'relay'],
    [820, 1000, 'relay'],
  ] as const) {
    itInBrowser(`of ${name} is not cut at ${width} px, and no label is outside`, async () => {
      const { page } = await open(path.join(FIXTURES, `${name}.jsonl`), { width, height });
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(wide).to.equal(0);
      const outside =
        await page.evaluate(`[...document.querySelectorAll('svg text')].filter((text) => {
        const { x, width } = text.getBBox();
        return x < 0 || x + width > document.querySelector('svg').clientWidth;
      }).map((text) => text.textContent)`);
      expect(outside).to.deep.equal([]);
    });
  }
});

/** A trace of nine clients: three, and again three, of other processes with other ports. */
function manyClients(): string {
  const records = parseTrace(readFileSync(path.join(FIXTURES, 'three-clients.jsonl'), 'utf8'));
  const moved = (address: string | undefined, by: number) =>
    address?.replace(/57\d+$/, (port) => String(Number(port) + by));
  const again = (run: number) =>
    records.map((record) => {
      if (record.type !== 'call') return record;
      const { id, pid, role, t, local, peer } = record;
      return {
        ...record,
        id: `${run}.${id}`,
        pid: role === 'client' ? pid + run : pid,
        t: t + 10_000 * run,
        local: moved(local, run),
        peer: moved(peer, run),
      } as CallRecord;
    });
  const file = path.join(freshFolder(), 'many.jsonl');
  writeFileSync(file, [0, 100, 200].flatMap(again).map(recordLine).join(''));
  return file;
}
