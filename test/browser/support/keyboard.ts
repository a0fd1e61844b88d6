import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** How often Tab may be pressed before something counts as out of reach. */
const stopsMost = 80;

/** Presses Tab until the wanted element has the focus, which has to be visible there. */
export async function tabTo(page: Page, role: Parameters<Page['getByRole']>[0], name: string | RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true });
  await wanted.first().waitFor();
  const passed: string[] = [];
  for (let stop = 0; stop < stopsMost; stop += 1) {
    await page.keyboard.press('Tab');
    for (const each of await wanted.all()) {
      if (!(await each.evaluate((element) => element === document.activeElement))) continue;
      const outline = await each.evaluate((element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth);
      });
      assert.ok(outline >= 1, `the focus cannot be seen on ${role} ${String(name)}`);
      return;
    }
    passed.push(await focused(page));
  }
  assert.fail(`Tab does not lead to ${role} ${String(name)}, but to:\n${passed.join('\n')}`);
}

/** What has the focus, for people. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const { activeElement: element } = document;
    const text = element?.getAttribute('aria-label') ?? element?.textContent ?? '';
    return `${element?.tagName.toLowerCase()} ${text.slice(0, 60)}`;
  });
}
