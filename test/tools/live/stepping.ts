import { expect } from 'chai';
import type { Page } from 'playwright-core';

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
      expect(await areInView(page, '.line.here.now'), title).not.to.include(false);
      for (const here of await page.locator('.line.here.now').all()) {
        const line = (await here.locator('code').textContent()) ?? '';
        const calls = Array.from(title.matchAll(/(\w+)\(/g), ([, call = '']) => call);
        expect(
          calls.some((call) => WORDS[call]?.test(line)),
          `${title}: ${line}`,
        ).to.equal(true);
      }
      expect(await areInView(page, '.event.chosen .band'), title).to.deep.equal([true]);
      await page.keyboard.press(key);
    }
  }
  expect(await page.textContent('#count')).to.equal(`1 / ${count}`);
  return titles.slice(0, count);
}

/**
 * Of each of these elements, whether its middle can be seen in what scrolls around it. All is asked at
 * one moment: the page draws its rows again while it scrolls.
 */
function areInView(page: Page, selector: string): Promise<boolean[]> {
  return page.evaluate((selector) => {
    const isInView = (element: Element) => {
      const box = element.getBoundingClientRect();
      const around = element.closest('[tabindex="0"]')?.getBoundingClientRect();
      const middle = box.y + box.height / 2;
      return around !== undefined && middle >= around.y && middle <= around.y + around.height;
    };
    return Array.from(document.querySelectorAll(selector)).map(isInView);
  }, selector);
}
