import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { createClient, type Client } from '../../client/client.ts';
import { waitForPhase } from '../engine/support/deployments.ts';
import { startSeededServer, type SeededServer } from '../../tool/seed/seeded-server.ts';
import { violations } from './support/axe.ts';
import { launchBrowser, refusedRequest, visit } from './support/browser.ts';
import { focused, tabTo } from './support/keyboard.ts';
import { canary } from '../support/canary.ts';
import { signIn, tokenFor } from './support/sign-in.ts';
import { shows } from './support/watch.ts';

const signal = AbortSignal.timeout(230_000);
/** Colours do not depend on the width, nor the layout on the colours. */
const looks = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
] as const;

let server: SeededServer;
let browser: Browser;
let client: Client;
/** Addresses of deployments by what they show. */
const paths = { rolledBack: '', active: '', queued: '', succeeded: '', withheld: '' };

before(async () => {
  const listen = { host: '127.0.0.1', port: 0 };
  const size = { services: 24, environments: 4, clusters: 2 };
  server = await startSeededServer({ ...size, listen, data: null, tell: () => undefined, signal });
  client = createClient({ url: server.url, token: server.token });
  browser = await launchBrowser();
  await secondRevision('prod');
  const { items } = await client.call('listDeployments', { query: { limit: 50 } });
  const pathOf = (state: string) => {
    const found = items.find(({ outcome, phase }) => (outcome ?? phase) === state);
    assert.ok(found !== undefined, `no deployment is ${state}`);
    return `/deployments/${found.id}`;
  };
  Object.assign(paths, {
    rolledBack: pathOf('rolled-back'),
    active: pathOf('active'),
    queued: pathOf('queued'),
    succeeded: pathOf('succeeded'),
    withheld: `/deployments/${await withheldIn('dev')}`,
  });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Gives an environment something to be rolled back. */
async function secondRevision(environment: string): Promise<void> {
  const { spec } = await client.call('getEnvironment', { params: { environment } });
  const [first] = Object.entries(spec);
  assert.ok(first !== undefined, `${environment} is to run something`);
  const [service, { version }] = first;
  const { items } = await client.call('listReleases', { query: { service } });
  const other = items.find((it) => !it.version.includes('-') && it.version !== version)?.version ?? '';
  await deploy(environment, { [service]: other });
}

/** Rotates a secret, and withholds it from the service that mounts it: the deployment that does so. */
async function withheldIn(environment: string): Promise<string> {
  const { items } = await client.call('listReleases', { query: { limit: 50 } });
  const well = items.find(({ version: of }) => !of.includes('-'));
  assert.ok(well !== undefined, 'there is a release of which all is well');
  const { service, version } = well;
  const { images } = await client.call('getRelease', { params: { service, version } });
  const image = Object.values(images)[0]?.reference.replace(/@.*/, '') ?? '';
  const compose = (level: string) => {
    const text = `services:
  keeper:
    image: "${image}"
    environment: { LEVEL: ${level} }
    secrets: [password]
    deploy: { update_config: { monitor: 1s } }
secrets: { password: { external: true } }
`;
    return { name: 'compose.yaml', text };
  };
  const set = async (name: string) => {
    const value = Buffer.from(canary(name)).toString('base64');
    await client.call('setSecret', { params: { environment }, body: { secret: 'password', value } });
  };
  await client.call('createRelease', { body: { service: 'keeper', version: '1', compose: compose('info') } });
  await client.call('createRelease', { body: { service: 'other', version: '1', compose: compose('warn') } });
  await set('first');
  await deploy(environment, { keeper: '1' });
  await set('second');
  return await deploy(environment, { other: '1' });
}

async function deploy(environment: string, set: Readonly<Record<string, string>>): Promise<string> {
  const wanted = { kind: 'change', environment, set } as const;
  const restart = { all: 'never', services: {} } as const;
  const answer = await client.call('deploy', {
    body: { wanted, allowOlder: true, restart },
    idempotencyKey: crypto.randomUUID(),
  });
  assert.ok(answer.kind !== 'nothing-to-do');
  const { outcome } = await waitForPhase(client, answer.deployment, 'ended', signal);
  assert.equal(outcome, 'succeeded');
  return answer.deployment;
}

/** Opens a page as somebody. */
async function open(t: TestContext, path: string, heading: RegExp, as: Client = client): Promise<Page> {
  const { page } = await visit(t, browser, { expected: [refusedRequest] });
  await signIn(page, as);
  await go(page, path, heading);
  return page;
}

/** Goes to a page, until all of it is there. */
async function go(page: Page, path: string, heading: RegExp): Promise<void> {
  await page.goto(`${server.url}${path}`);
  await shows(page.getByRole('heading', { level: 1, name: heading }));
  await page.waitForFunction(() => document.querySelector('main [aria-hidden="true"][class*="bones"]') === null);
}

/** Asserts that axe finds nothing in any width and colour. */
async function isClean(page: Page): Promise<void> {
  const found: string[] = [];
  for (const { width, colorScheme } of looks) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const each of await violations(page)) found.push(`${width} ${colorScheme} ${each}`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.equal(found.join('\n'), '');
}

test('axe finds a violation that is there, so that finding none means something', async (t) => {
  const page = await open(t, '/clusters', /^Clusters$/);
  assert.deepEqual(await violations(page), []);
  await page.evaluate(() => {
    const image = document.createElement('img');
    image.src = '/mark.svg';
    const pale = document.createElement('p');
    pale.textContent = 'pale';
    pale.style.color = 'rgb(230, 230, 230)';
    document.querySelector('main')?.append(image, pale);
  });
  const found = await violations(page);
  assert.deepEqual(
    found.map((violation) => violation.split(':', 1)[0]),
    ['color-contrast', 'image-alt'],
  );
});

test('the sign-in, and the sign-in that went wrong, keep to WCAG 2.2 AA', async (t) => {
  const { page } = await visit(t, browser, { expected: [refusedRequest] });
  await page.goto(server.url);
  await shows(page.getByRole('heading', { name: 'Sign in to Drayage' }));
  await isClean(page);
  await page.getByLabel('Token').fill('dray_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await shows(page.getByRole('alert'));
  await isClean(page);
});

test('every page keeps to WCAG 2.2 AA, light and dark, wide and narrow', async (t) => {
  const pages: readonly (readonly [name: string, path: string, heading: RegExp])[] = [
    ['the overview', '/', /^Overview$/],
    ['an overview without a row', '/?q=nothing-is-called-so', /^Overview$/],
    ['an environment', '/environments/dev', /dev/],
    ['an environment that changes', '/environments/stage', /stage/],
    ['an environment that does not exist', '/environments/nowhere', /nowhere/],
    ['the deployments', '/deployments', /^Deployments$/],
    ['a deployment that succeeded', paths.succeeded, /d-/],
    ['one that was rolled back', paths.rolledBack, /d-/],
    ['one that is under way', paths.active, /d-/],
    ['one that withholds a secret', paths.withheld, /d-/],
    ['one that waits', paths.queued, /d-/],
    ['the releases', '/releases', /^Releases$/],
    ['a release', '/releases/account-api/2.0.0-crash', /account-api/],
    ['a service', '/services/account-api', /^account-api$/],
    ['a comparison', '/compare?a=dev&b=prod', /^Compare$/],
    ['the findings', '/findings?cve=CVE-2026-1', /^Findings$/],
    ['the variety', '/variety', /^Variety$/],
    ['the clusters', '/clusters', /^Clusters$/],
    ['the ledger', '/ledger', /^Ledger$/],
  ];
  const page = await open(t, '/', /^Overview$/);
  for (const [name, path, heading] of pages) {
    await t.test(name, async () => {
      await go(page, path, heading);
      await isClean(page);
    });
  }
  await t.test('a page that does not exist', async () => {
    await page.goto(`${server.url}/nothing/here`);
    await shows(page.getByText('There is no such page.'));
    await isClean(page);
  });
});

test('who has an older version of a secret is shown of the environment, and of the deployment that withholds the newest', async (t) => {
  const page = await open(t, paths.withheld, /d-/);
  const row = (table: string) =>
    page.getByRole('table', { name: table }).getByRole('row', { name: /^keeper password 1 2$/ });
  await shows(row('Withheld secrets'));
  await go(page, '/environments/dev', /dev/);
  await shows(row('Older versions of secrets'));
});

test('buttons that a viewer may not press keep to WCAG 2.2 AA, with the reason that they show', async (t) => {
  const viewer = createClient({ url: server.url, token: await tokenFor(client, 'viewer') });
  const page = await open(t, paths.active, /d-/, viewer);
  await page.getByRole('button', { name: 'Cancel', exact: true }).focus();
  await isClean(page);
});

test('every dialog keeps to WCAG 2.2 AA, light and dark, wide and narrow', async (t) => {
  const page = await open(t, '/', /^Overview$/);
  await t.test('the keys', async () => {
    await page.keyboard.press('?');
    await shows(page.getByRole('dialog', { name: 'Keys' }));
    await isClean(page);
  });

  await t.test('cancelling', async () => {
    await go(page, paths.active, /d-/);
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await shows(page.getByRole('dialog', { name: 'Cancel this deployment' }));
    await isClean(page);
  });

  await t.test('rolling back, with its plan', async () => {
    await go(page, '/environments/prod?rollback=newest', /prod/);
    const dialog = page.getByRole('dialog', { name: 'Roll prod back' });
    await shows(dialog.getByText('Wave 1'));
    await dialog.locator('details > summary').first().click();
    await isClean(page);
  });

  await t.test('a log', async () => {
    await go(page, '/environments/dev?logs=account-api', /dev/);
    await shows(page.getByRole('dialog', { name: /^Log of account-api/ }));
    await isClean(page);
  });

  await t.test('an entry of the ledger', async () => {
    await go(page, '/ledger?entry=2', /^Ledger$/);
    await shows(page.getByRole('dialog', { name: 'Entry 2' }).getByText('Hash before'));
    await isClean(page);
  });
});

test('by keyboard alone: sign in, go to a deployment, open its cancel dialog, leave it, and be where one was', async (t) => {
  const { page } = await visit(t, browser, { expected: [refusedRequest] });
  await page.goto(server.url);
  await tabTo(page, 'textbox', 'Token');
  await page.keyboard.type(server.token);
  await page.keyboard.press('Enter');
  await shows(page.getByRole('heading', { level: 1, name: 'Overview' }));
  await tabTo(page, 'link', 'Skip to the content');
  await tabTo(page, 'link', 'Deployments');
  await page.keyboard.press('Enter');
  await shows(page.getByRole('heading', { level: 1, name: 'Deployments' }));
  const id = paths.active.split('/').at(-1) ?? '';
  await tabTo(page, 'link', id);
  await page.keyboard.press('Enter');
  await tabTo(page, 'button', 'Cancel');
  const opener = await focused(page);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Cancel this deployment' });
  await shows(dialog);
  for (let stop = 0; stop < 12; stop += 1) {
    const isInside = await dialog.evaluate((element) => {
      const { activeElement } = document;
      return activeElement === document.body || element.contains(activeElement);
    });
    assert.ok(isInside, `the focus left the dialog for ${await focused(page)}`);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await focused(page), opener);
  const { cancelRequested } = await client.call('getDeployment', { params: { deployment: id } });
  assert.equal(cancelRequested, false);
});
