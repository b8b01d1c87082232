import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';

/** What stands in the highlighted line of a call. */
const WORDS: Record<string, RegExp> = {
  socket: /new (?:Listening)?Socket/,
  accept: /accept\(/,
  bind: /bind\(/,
  listen: /listen\(/,
  connect: /connect\(/,
  sendall: /sendall\(|messages\.send\(/,
  recv: /recv(?:all)?\(|messages\.(?:next|reply)\(/,
  close: /close\(|await using /,
};

/**
 * Goes from the first row to the last and back by the arrow keys, and sees that each row and its lines
 * of code are in view, and that the lines hold the calls. Gives the titles of the rows.
 */
export async function stepThrough(page: Page): Promise<string[]> {
  await page.locator('#scroller').focus();
  await page.keyboard.press('Home');
  const count = await page.locator('.event').count();
  const titles: string[] = [];
  for (const key of ['ArrowDown', 'ArrowUp']) {
    for (let step = 0; step < count; step++) {
      const title = (await page.textContent('#title')) ?? '';
      titles.push(title);
      for (const here of await page.locator('.line.here.now').all()) {
        expect(await isInView(here), title).to.equal(true);
        const line = (await here.locator('code').textContent()) ?? '';
        const calls = Array.from(title.matchAll(/(\w+)\(/g), ([, call = '']) => call);
        expect(
          calls.some((call) => WORDS[call]?.test(line)),
          `${title}: ${line}`,
        ).to.equal(true);
      }
      expect(await isInView(page.locator('.event.chosen .band'))).to.equal(true);
      await page.keyboard.press(key);
    }
  }
  expect(await page.textContent('#count')).to.equal(`1 / ${count}`);
  return titles.slice(0, count);
}

/** Whether the middle of it can be seen in what scrolls around it. */
async function isInView(locator: Locator): Promise<boolean> {
  const box = await locator.boundingBox();
  const around = await locator.locator('xpath=ancestor::*[@tabindex="0"][1]').boundingBox();
  if (!box || !around) return false;
  const middle = box.y + box.height / 2;
  return middle >= around.y && middle <= around.y + around.height;
}
