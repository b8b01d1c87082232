import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ROOT } from './Program';

/** Debian's browsers; the headless one needs half the CPU time. CHROMIUM names another one. */
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const CHROMIUM = process.env['CHROMIUM'] ?? BROWSERS.find((file) => existsSync(file)) ?? '';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How long to wait for the page, even on a busy machine; ms. */
const WAIT_MS = 100_000;

/** A test in a real browser; without a browser it is left out, with a message. */
export function itInBrowser(title: string, test: () => Promise<void>): void {
  if (existsSync(CHROMIUM)) it(title, test);
  else console.log(`left out: "${title}", because there is no browser (chromium)`);
}

/** For a suite: opens pages of one browser, which ends with the suite, and the pages with each test. */
export function pagesOfOneBrowser(): (options: BrowserContextOptions) => Promise<Page> {
  let browser: Browser | undefined;
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
  });
  after(async () => {
    await browser?.close();
  });
  return async (options) => {
    browser ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const page = await browser.newPage(options);
    page.setDefaultTimeout(WAIT_MS);
    return page;
  };
}

/** What goes wrong on a page, and what it asks for elsewhere than here. */
export function watchFor(page: Page, isHere: (url: string) => boolean): string[] {
  const wrong: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('request', (request) => {
    if (!isHere(request.url())) wrong.push(`asks for ${request.url()}`);
  });
  return wrong;
}

/** What axe finds that would keep somebody from using the page. */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(path.join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: Axe }).axe.run({ preload: false }),
  );
  return found.violations.map(({ id }) => id);
}

interface Axe {
  run(options: object): Promise<{ violations: { id: string }[] }>;
}
