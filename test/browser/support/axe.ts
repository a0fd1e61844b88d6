import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2, levels A and AA, by the tags of axe-core. */
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Each violation of WCAG 2.2 AA that axe-core finds on the page as it is now, one line for each element. */
export async function violations(page: Page): Promise<readonly string[]> {
  // As a script of the page it would be refused by the content security policy.
  await page.evaluate(source);
  const options: RunOptions = { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] };
  const { violations: found } = await page.evaluate(async (given) => {
    const { axe } = window as unknown as { readonly axe: { run(options: RunOptions): Promise<AxeResults> } };
    return await axe.run(given);
  }, options);
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}\n  ${html}\n  ${failureSummary}`),
  );
}
