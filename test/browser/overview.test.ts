import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { once } from 'node:events';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, refusedRequest, visit } from './support/browser.ts';
import { startSeedProcess, type SeedProcess } from './support/seed-process.ts';
import { sessionCookieOf, signIn } from './support/sign-in.ts';
import { shows } from './support/watch.ts';

const signal = AbortSignal.timeout(235_000);
const size = { services: 600, environments: 20 };
const assets = join(import.meta.dirname, '../../dashboard/dist/now/assets');

/** What the dashboard's JavaScript may weigh, compressed, all of it. */
const scriptBytesMost = 250_000;

const untouchedMs = 1_500;

let server: SeedProcess;
let browser: Browser;

before(async () => {
  server = await startSeedProcess(size, signal);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function openOverview(t: TestContext) {
  const visited = await visit(t, browser, { expected: [refusedRequest] });
  await signIn(visited.page, server.client);
  await shows(cellOf(visited.page, 'account-admin', 'dev'));
  return visited;
}

function cellOf(page: Page, service: string, environment: string) {
  return page.locator(`a[aria-label^="${service} in ${environment}:"]`);
}

const rows = (page: Page) =>
  page
    .getByRole('grid')
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader') });
const focusedLabel = async (page: Page) =>
  await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);

test('with 600 services in 20 environments a browser that was never here paints before the rows come', async (t) => {
  const { page, context } = await visit(t, browser);
  await context.addCookies([await sessionCookieOf(server)]);
  await page.goto(server.url);
  // Until then nobody looks into the page: that would take of the time that it has.
  await sleep(untouchedMs);
  await shows(cellOf(page, 'account-admin', 'dev'));
  const at = async (name: string) =>
    await page.evaluate((entry) => performance.getEntriesByName(entry)[0]?.startTime ?? Number.NaN, name);
  const [paintMs, rowsMs] = [await at('first-contentful-paint'), await at('first-rows')];
  assert.ok(paintMs > 0 && paintMs <= rowsMs, `first paint ${paintMs} ms, first rows ${rowsMs} ms`);
});

test('all JavaScript of the dashboard together, as the server sends it with gzip, is below 250 kB', async (t) => {
  const { page } = await visit(t, browser, { expected: [refusedRequest] });
  const loaded = new Set<string>();
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') loaded.add(new URL(response.url()).pathname);
  });
  await signIn(page, server.client);
  const built = readdirSync(assets).filter((name) => name.endsWith('.js'));
  for (const name of built) loaded.add(`/assets/${name}`);
  assert.ok(loaded.size > 0);
  let bytes = 0;
  for (const path of loaded) bytes += await gzippedBytes(`${server.url}${path}`);
  t.diagnostic(`${loaded.size} files, ${bytes} bytes`);
  assert.ok(bytes < scriptBytesMost, `${bytes} bytes`);
});

/** How many bytes come over the wire; fails when they are not gzip's, as what is below 1 KiB need not be. */
async function gzippedBytes(url: string): Promise<number> {
  const [response] = (await once(get(url, { headers: { 'accept-encoding': 'gzip' } }), 'response')) as [
    IncomingMessage,
  ];
  assert.equal(response.statusCode, 200, url);
  const isPlain = response.headers['content-encoding'] !== 'gzip';
  let bytes = 0;
  for await (const piece of response) bytes += (piece as Buffer).length;
  assert.ok(!isPlain || bytes < 1024, `${url} is sent as it is`);
  return bytes;
}

test('the search, the filter by health and "Show more" work on the server, at this size', async (t) => {
  const { page } = await openOverview(t);
  await shows(page.getByText('50 of 600 services shown'));
  await page.getByRole('button', { name: 'Show more' }).click();
  await shows(page.getByText('100 of 600 services shown'));
  await shows(rows(page).nth(99));
  assert.equal(await rows(page).count(), 100);

  await page.getByLabel('Search services').fill('wishlist-');
  await shows(page.getByText('20 of 20 services shown'));
  // The count is told before the rows follow.
  await page.waitForFunction(() => document.querySelectorAll('[role=rowheader]').length === 20);
  const names = await rows(page).getByRole('rowheader').allTextContents();
  assert.equal(names.length, 20);
  assert.ok(
    names.every((name) => name.startsWith('wishlist-')),
    names.join(' '),
  );
  assert.equal(new URL(page.url()).search, '?q=wishlist-');
  await page.getByLabel('Search services').fill('');
  await shows(page.getByText(/ of 600 services shown/));

  const degraded = page.getByRole('group', { name: 'Filter by health' }).getByRole('button', { name: /^degraded/ });
  await degraded.click();
  await page.waitForFunction(() => !document.body.innerText.includes('of 600 services shown'));
  assert.equal(await degraded.getAttribute('aria-pressed'), 'true');
  assert.ok((await rows(page).count()) >= 1);
  for (const row of await rows(page).all()) {
    assert.ok((await row.getByRole('link', { name: /degraded/ }).count()) >= 1, await row.innerText());
  }
});

test('one stop of the Tab key leads into the grid, and arrow keys, Home, End and the page keys lead through it', async (t) => {
  const { page } = await openOverview(t);
  // The first rows are there before the rest of the page of 50.
  await shows(rows(page).nth(49));
  const services = (await rows(page).getByRole('rowheader').allTextContents()).map((name) => name.trim());
  const environments = (await page.getByRole('columnheader').getByRole('link').allTextContents()).map((it) =>
    it.trim(),
  );
  assert.equal(environments.length, size.environments);
  await page.getByRole('group', { name: 'Services by environment' }).focus();
  await page.keyboard.press('Tab');
  const moves: readonly (readonly [key: string, row: number, column: number])[] = [
    ['ArrowRight', 0, 1],
    ['ArrowDown', 1, 1],
    ['PageDown', 11, 1],
    ['End', 11, 19],
    ['ArrowRight', 11, 19],
    ['Control+End', 49, 19],
    ['ArrowUp', 48, 19],
    ['PageUp', 38, 19],
  ];
  for (const [key, row, column] of moves) {
    await page.keyboard.press(key);
    const label = (await focusedLabel(page)) ?? '';
    assert.ok(label.startsWith(`${services[row]} in ${environments[column]}:`), `after ${key}: ${label}`);
  }
  await page.keyboard.press('Home');
  assert.equal(await focusedLabel(page), services[38]);
  await page.keyboard.press('Tab');
  assert.equal(await focusedLabel(page), 'Show more');
});

test('a change of one service arrives in its cell, without a reload', async (t) => {
  const { page, navigations } = await openOverview(t);
  const before = navigations();
  const { services, environments } = await server.client.call('overview', { query: { limit: 1 } });
  const place = environments.findIndex(({ name }) => name === 'prod');
  const version = services[0]?.cells[place]?.now?.version === '1.0.0' ? '1.1.0' : '1.0.0';
  const wanted = { kind: 'change', environment: 'prod', set: { 'account-admin': version } } as const;
  await server.client.call('deploy', { body: { wanted, allowOlder: true }, idempotencyKey: crypto.randomUUID() });
  await shows(page.getByRole('link', { name: `account-admin in prod: ${version}, healthy`, exact: true }));
  assert.equal(navigations(), before);
});
