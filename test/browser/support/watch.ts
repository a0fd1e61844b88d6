import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** How long a page may take to show something that a real engine has to do first, in ms. */
const patienceMs = 60_000;

/**
 * Notes every text that an element shows from now on, its accessible name where it has one, as long as the page is not
 * loaded anew; the element may come later, and go. `read` throws when the page was loaded anew.
 */
export async function watchText(
  page: Page,
  selector: string,
): Promise<{ readonly read: () => Promise<readonly string[]> }> {
  const handle = await page.evaluateHandle((css) => {
    const seen: string[] = [];
    const look = () => {
      const element = document.querySelector(css);
      const text = element?.getAttribute('aria-label') ?? element?.textContent;
      if (text !== undefined && text !== null && text !== seen.at(-1)) seen.push(text);
    };
    look();
    const every = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(look).observe(document.documentElement, every);
    return seen;
  }, selector);
  return { read: async () => await handle.jsonValue() };
}

/** Asserts that texts come in this order; others may stand between, before and after. */
export function assertOrder(seen: readonly string[], wanted: readonly RegExp[]): void {
  let from = 0;
  for (const each of wanted) {
    const at = seen.findIndex((text, index) => index >= from && each.test(text));
    assert.ok(at !== -1, `${String(each)} did not come in its turn:\n${seen.join('\n')}`);
    from = at + 1;
  }
}

/** Waits until an element is there and visible. */
export async function shows(locator: Locator): Promise<void> {
  await locator.first().waitFor({ timeout: patienceMs });
}

/** Waits until a text stands somewhere on the page's content. */
export async function says(page: Page, text: string | RegExp): Promise<void> {
  await shows(page.getByRole('main').getByText(text));
}

/** Waits until the head of a deployment's page says this state. */
export async function isNow(page: Page, word: string): Promise<void> {
  await shows(page.getByRole('main').getByRole('status').filter({ hasText: word }));
}

/** The reason that a control which may not be used gives; fails when it may. */
export async function reasonOf(control: Locator): Promise<string> {
  await shows(control);
  assert.equal(await control.getAttribute('aria-disabled'), 'true', 'it may be used');
  return await control.evaluate((element) => {
    const ids = (element.getAttribute('aria-describedby') ?? '').split(' ');
    return ids.map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  });
}
