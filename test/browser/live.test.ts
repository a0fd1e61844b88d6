import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Client } from '../../client/client.ts';
import { waitFor, waitForPhase } from '../engine/support/deployments.ts';
import { startGround, type Ground } from '../engine/support/ground.ts';
import { register, servicesOn } from '../engine/support/shop-floor.ts';
import { lastWords, type Ware } from '../engine/support/ware.ts';
import { launchBrowser, noServer, refusedRequest, visit } from './support/browser.ts';
import { signIn, tokenFor } from './support/sign-in.ts';
import { assertOrder, isNow, reasonOf, says, shows, watchText } from './support/watch.ts';

const signal = AbortSignal.timeout(220_000);
const environments = { fresh: '', bad: '', slow: '', back: '', seen: '', kept: '' };

let ground: Ground;
let browser: Browser;
let client: Client;
let url: string;

before(async () => {
  ground = await startGround({ tags: ['one'], environments, signal });
  ({ client, url } = ground.server);
  browser = await launchBrowser();
  const image = ground.image('one').reference.replace(/@.*/, '');
  const versions: readonly Pick<Ware, 'version' | 'mode' | 'retries'>[] = [
    { version: '1' },
    { version: '2' },
    { version: '3-broken', mode: 'broken' },
    { version: '4-slow', mode: 'slow', retries: 30 },
  ];
  for (const each of versions) await register(client, { service: 'shop', image, ...each });
});

after(async () => {
  await browser?.close();
  await ground?.stop();
});

/** Asks for a version of the shop in an environment: the deployment's id. */
async function deploy(environment: string, version: string): Promise<string> {
  const wanted = { kind: 'change', environment, set: { shop: version } } as const;
  const answer = await client.call('deploy', { body: { wanted }, idempotencyKey: crypto.randomUUID() });
  assert.ok(answer.kind !== 'nothing-to-do');
  return answer.deployment;
}

/** Brings a version of the shop to an environment. */
async function run(environment: string, version: string): Promise<void> {
  const { outcome, cause } = await waitForPhase(client, await deploy(environment, version), 'ended', signal);
  assert.equal(outcome, 'succeeded', cause?.summary ?? 'it says not why');
}

/** Waits until a deployment's step is being carried out. */
async function underWay(deployment: string): Promise<void> {
  await waitFor(client, deployment, ({ waves }) => waves[0]?.[0]?.state === 'started', signal);
}

suite('signing in', () => {
  test('a page that wants somebody leads to the sign-in, says that a token is wrong, and goes back with a right one', async (t) => {
    const { page } = await visit(t, browser, { expected: [refusedRequest] });
    await page.goto(`${url}/deployments?environment=fresh`);
    await shows(page.getByRole('heading', { name: 'Sign in to Drayage' }));
    await page.getByLabel('Token').fill('dray_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await shows(page.getByRole('alert').getByText('auth.wrong'));
    await page.getByLabel('Token').fill(ground.server.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await shows(page.getByRole('heading', { level: 1, name: 'Deployments' }));
    assert.equal(page.url(), `${url}/deployments?environment=fresh`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await shows(page.getByRole('heading', { name: 'Sign in to Drayage' }));
    await page.goto(`${url}/ledger`);
    await shows(page.getByRole('heading', { name: 'Sign in to Drayage' }));
  });

  test('the link that the server prints signs in one browser, once, and leaves no code in its address', async (t) => {
    const link = ground.server.signInUrl;
    const first = await visit(t, browser, { expected: [refusedRequest] });
    await first.page.goto(link);
    await shows(first.page.getByRole('heading', { level: 1, name: 'Overview' }));
    assert.equal(first.page.url(), `${url}/`);
    const second = await visit(t, browser, { expected: [refusedRequest] });
    await second.page.goto(link);
    await shows(second.page.getByRole('alert').getByText('auth.code-wrong'));
    assert.ok(!second.page.url().includes('code='));
  });
});

suite('an empty installation, watched', () => {
  test('on an empty overview a first deployment appears and goes to its end, without a reload', async (t) => {
    const overview = await visit(t, browser, { expected: [refusedRequest] });
    await signIn(overview.page, client);
    await says(overview.page, 'Nothing has been deployed yet.');
    const cell = await watchText(overview.page, 'a[aria-label^="shop in fresh:"]');
    const live = await visit(t, browser, { expected: [refusedRequest] });
    await signIn(live.page, client);
    const before = overview.navigations();

    const deployment = await deploy('fresh', '1');
    await live.page.goto(`${url}/deployments/${deployment}`);
    const [state, step] = [
      await watchText(live.page, 'main [role="status"]'),
      await watchText(live.page, 'main details > summary'),
    ];
    const loaded = live.navigations();
    await isNow(live.page, 'succeeded');
    await shows(overview.page.getByRole('link', { name: 'shop in fresh: 1, healthy', exact: true }));
    assertOrder(await cell.read(), [/ deploying$/, /: 1, healthy$/]);
    assertOrder(await state.read(), [/^deploying$/, /^succeeded$/]);
    assertOrder(await step.read(), [/^under way/, /^verified/]);
    assert.deepEqual([overview.navigations() - before, live.navigations() - loaded], [0, 0]);
  });
});

suite('environments where something runs, watched', () => {
  before(async () => {
    await Promise.all(['bad', 'slow', 'back', 'seen', 'kept'].map(async (environment) => await run(environment, '1')));
    await run('back', '2');
  });

  test('a release that cannot start is rolled back, and the page tells cause, task, exit code and last log lines', async (t) => {
    const { page, navigations } = await visit(t, browser, { expected: [refusedRequest] });
    await signIn(page, client);
    const deployment = await deploy('bad', '3-broken');
    await page.goto(`${url}/deployments/${deployment}`);
    const [state, loaded] = [await watchText(page, 'main [role="status"]'), navigations()];
    await isNow(page, 'rolled back');
    assertOrder(await state.read(), [/^deploying$/, /^rolled back$/]);
    assert.equal(navigations(), loaded);
    const { cause } = await waitForPhase(client, deployment, 'ended', signal);
    const told = page.getByRole('region', { name: 'Cause', exact: true });
    await shows(told.getByText(cause?.summary ?? 'no summary'));
    await shows(told.getByText(`task ${cause?.task}`));
    await shows(told.getByText('exit code 7'));
    await shows(told.getByText(lastWords));
    await page.goto(`${url}/`);
    await shows(page.getByRole('link', { name: 'shop in bad: 1, healthy', exact: true }));
  });

  test('one that is under way is cancelled in the page, and what ran before runs again', async (t) => {
    const { page } = await visit(t, browser, { expected: [refusedRequest] });
    await signIn(page, client);
    const deployment = await deploy('slow', '4-slow');
    await underWay(deployment);
    await page.goto(`${url}/deployments/${deployment}`);
    await page.locator('main details > summary').click();
    const tasks = page.getByRole('table', { name: /^Tasks of / });
    await shows(tasks.getByRole('row', { name: /starting this change/ }));
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel this deployment' });
    assert.ok(await dialog.getByRole('radio', { name: /^Roll them back/ }).isChecked());
    await dialog.getByRole('button', { name: 'Cancel the deployment' }).click();
    await isNow(page, 'cancelled');
    assert.equal(await dialog.count(), 0);
    assert.match(await reasonOf(page.getByRole('button', { name: 'Cancel', exact: true })), /has ended/);
    const view = await client.call('getEnvironment', { params: { environment: 'slow' } });
    assert.deepEqual(
      view.components.map(({ release, health }) => [release, health]),
      [['1', 'healthy']],
    );
  });

  test('an environment is rolled back in the page, which shows the plan first', async (t) => {
    const { page } = await visit(t, browser, { expected: [refusedRequest] });
    await signIn(page, client);
    await page.goto(`${url}/environments/back`);
    await page.getByRole('button', { name: 'Roll back', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back back' });
    await shows(dialog.getByText('Wave 1'));
    await shows(dialog.getByText('2 → 1'));
    await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
    await page.waitForURL(/\/deployments\/d-/);
    await isNow(page, 'succeeded');
    const { spec } = await client.call('getEnvironment', { params: { environment: 'back' } });
    assert.equal(spec['shop']?.version, '1');
  });

  test("an environment's page tells the health that the engine shows, and what somebody took away behind Drayage's back", async (t) => {
    const { page, navigations } = await visit(t, browser, { expected: [refusedRequest] });
    await signIn(page, client);
    await page.goto(`${url}/environments/seen`);
    const component = page.getByRole('table', { name: 'Services' }).getByRole('row').filter({ hasText: / of 1/ });
    await shows(component.filter({ hasText: 'healthy' }).filter({ hasText: '1 of 1' }));
    const loaded = navigations();
    const [service] = await servicesOn(ground.engine.api, 'seen');
    await ground.engine.api.ask({ method: 'DELETE', path: `/services/${service?.ID}` });
    await shows(component.filter({ hasText: 'missing' }));
    assert.equal(navigations(), loaded);
  });

  test('a viewer sees every button, may press none of them, and is told why', async (t) => {
    const { page } = await visit(t, browser, { expected: [refusedRequest] });
    const token = await tokenFor(client, 'viewer');
    await page.goto(`${url}/environments/back`);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    const rollBack = page.getByRole('button', { name: 'Roll back', exact: true }).first();
    assert.match(await reasonOf(rollBack), /viewer/);
    await rollBack.click({ force: true });
    assert.equal(await page.getByRole('dialog').count(), 0);
    const { items } = await client.call('listDeployments', { query: { environment: 'back', limit: 1 } });
    await page.goto(`${url}/deployments/${items[0]?.id}`);
    for (const name of [/^Cancel$/, /^Roll back/]) {
      assert.match(await reasonOf(page.getByRole('button', { name })), /viewer/);
    }
  });

  test('a page says when the server is gone, and is live and whole again when it is back, without a reload', async (t) => {
    const expected = [refusedRequest, noServer];
    const [live, ledger] = [await visit(t, browser, { expected }), await visit(t, browser, { expected })];
    await signIn(live.page, client);
    await signIn(ledger.page, client);
    const deployment = await deploy('kept', '4-slow');
    await underWay(deployment);
    await live.page.goto(`${url}/deployments/${deployment}`);
    await ledger.page.goto(`${url}/ledger`);
    const pages = [live.page, ledger.page];
    for (const page of pages) await shows(page.getByRole('banner').getByText('live', { exact: true }));
    await isNow(live.page, 'deploying');
    const loaded = [live.navigations(), ledger.navigations()];

    await ground.server.stop();
    for (const page of pages) await shows(page.getByRole('banner').getByText('not live'));
    await ground.server.start();
    for (const page of pages) await shows(page.getByRole('banner').getByText('live', { exact: true }));
    await isNow(live.page, 'succeeded');

    const { head } = await client.call('ledgerEntries', { query: { order: 'newest', limit: 1 } });
    await shows(ledger.page.getByRole('rowheader', { name: `Entry ${head.sequence}`, exact: true }));
    const shown = await ledger.page.getByRole('rowheader').allTextContents();
    const whole = Array.from({ length: 60 }, (_, index) => String(head.sequence - index));
    assert.deepEqual(shown.slice(0, whole.length), whole.slice(0, shown.length));
    assert.deepEqual([live.navigations(), ledger.navigations()], loaded);
  });
});
