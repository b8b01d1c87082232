/**
 * `npx ts-node tools/screenshot.ts`: the picture at the top of the README, taken of the real page
 * while the real programs run. Needs chromium (CHROMIUM names another).
 */
import { chromium } from 'playwright-core';
import { LiveServer } from './live/LiveServer';

const OUT = 'docs/live.png';
const SIZE = { width: 1366, height: 768 };

async function main(): Promise<void> {
  const live = new LiveServer();
  const url = await live.start(0);
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ viewport: SIZE, reducedMotion: 'reduce' });
    await page.goto(url);
    await page.click('#server');
    await page.locator('#address', { hasText: /:\d+/ }).waitFor();
    await page.click('#client');
    await page.locator('svg .words.eof').first().waitFor();
    await page.locator('#scroller').focus();
    await page.keyboard.press('End');
    for (let back = 0; back < 2; back++) await page.keyboard.press('ArrowUp');
    await page.screenshot({ path: OUT });
  } finally {
    await browser.close();
    await live.stop();
  }
}

void main();
