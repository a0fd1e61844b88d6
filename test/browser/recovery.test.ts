import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { startStaticRegistry, type StaticRegistry } from '../support/static-registry.ts';
import { violations } from './support/axe.ts';
import { launchBrowser, noServer, refusedRequest, visit } from './support/browser.ts';
import { signIn } from './support/sign-in.ts';
import { shows } from './support/watch.ts';

const platform = `apiVersion: drayage/v1
kind: Platform
clusters: { fe: { engine: simulated } }
environments: { dev: { clusters: [fe] } }
`;
/** The page asks every 15 s whether anything may be changed. */
const askedAgainMs = 40_000;

let folder: string;
let registry: StaticRegistry;
let server: ServerProcess;
let browser: Browser;
const path = (name: string) => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drayage-recovery-'));
  registry = await startStaticRegistry();
  const registries = `registries: { '${registry.host}': { credentials: none, insecure: true } }\n`;
  await writeFile(path('platform.yaml'), `${platform}${registries}`);
  server = await startServerProcess({ platform: path('platform.yaml'), data: path('data') });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

async function dray(args: readonly string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await server.dray(args, { stdin });
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

async function deliver(version: string): Promise<void> {
  const image = `image: '${registry.host}/shop/cart:1.0.0'`;
  const text = `services: { cart: { ${image}, deploy: { update_config: { monitor: 1s } } } }\n`;
  await dray(['release', 'cart', version, '-f', '-'], text);
  await dray(['deploy', 'dev', '--set', `cart=${version}`, '--yes']);
}

const banner = (page: Page) => page.getByRole('heading', { level: 2, name: /restored from a backup/ });

test('a receipt is saved from the page of its deployment, and verifies; a restored ledger says so on every page', async (t) => {
  await deliver('1');
  const { page } = await visit(t, browser, { expected: [refusedRequest, noServer] });
  await signIn(page, server.client);
  const [newest] = (await server.client.call('listDeployments', { query: { limit: 1 } })).items;
  assert.ok(newest !== undefined);
  await page.goto(`${server.url}/deployments/${newest.id}`);
  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: `Save ${newest.id}.tlog-proof` }).click();
  await (await saving).saveAs(path('kept.tlog-proof'));
  await shows(page.getByText(`dray ledger verify --receipt ${newest.id}.tlog-proof`));
  assert.match(await dray(['ledger', 'verify', '--receipt', path('kept.tlog-proof')]), /signed: .*kept\.tlog-proof/);
  assert.equal(await banner(page).count(), 0);

  await dray(['backup', path('one.db'), '--data', path('data')]);
  await deliver('2');
  await server.stop();
  await dray(['restore', path('one.db'), '--data', path('data'), '--force']);
  await server.start();
  for (const place of [
    '',
    'deployments',
    'releases',
    'clusters',
    'ledger',
    'environments/dev',
    `deployments/${newest.id}`,
  ]) {
    await page.goto(`${server.url}/${place}`);
    await shows(banner(page));
  }
  await page.getByRole('button', { name: 'Show what is lost' }).click();
  await shows(page.getByText('Signed before', { exact: true }));
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    assert.deepEqual(await violations(page), []);
  }
  await dray(['recover', '--yes']);
  await banner(page).waitFor({ state: 'detached', timeout: askedAgainMs });
});
