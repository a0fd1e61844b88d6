import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { createEvidenceReader } from '../adapter/evidence-reader.ts';
import { createDocumentParser } from '../adapter/document-parser.ts';
import { everywhere } from '../core/access.ts';
import { codeOfAsync } from '../core/testing/code-of.ts';
import { createSimulatedEngine, type SimulatedEngine } from '../engine/simulated/engine.ts';
import type { Store } from '../port/store.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import type { Actor, Overview, PlanInput } from './api.ts';
import { startApp, type RunningApp } from './app.ts';
import { createBlobs } from './blobs.ts';
import { applyPlatformAtStart } from './platform.ts';
import { createRecorded } from './recorded.ts';
import { createSecretBox } from '../adapter/secret-box.ts';
import { createSecretSources } from '../adapter/secret-sources.ts';
import { fastClock, knowingRegistry, listeningLogger, memorySigner, nobodySigns } from './testing/fakes.ts';

const actor: Actor = { id: 't-test', name: 'test', role: 'admin', scope: everywhere, expiresAt: null, session: null };
const clock = fastClock(20);
const documents = createDocumentParser({ workers: 1, budgetMs: 10_000 });
const signal = AbortSignal.timeout(110_000);
const closing: (() => Promise<unknown>)[] = [() => documents.close()];
after(async () => {
  for (const close of closing.toReversed()) await close();
});

const platform = `apiVersion: drayage/v1
kind: Platform
clusters:
  be: { engine: simulated, roles: [back-end], address: 10.0.0.5 }
  fe: { engine: simulated, roles: [front-end] }
environments:
  dev: { clusters: [fe], stepDeadline: 30s }
  prod: { clusters: [fe, be], stepDeadline: 30s }
`;

interface House {
  readonly store: Store;
  readonly running: RunningApp;
  readonly engines: Readonly<Record<'fe' | 'be', SimulatedEngine>>;
  readonly errors: readonly string[];
}

let ids = 0;

async function house(): Promise<House> {
  const directory = await mkdtemp(join(tmpdir(), 'drayage-overview-'));
  const engines = {
    fe: createSimulatedEngine({ cluster: 'fe', clock, seed: 7 }),
    be: createSimulatedEngine({ cluster: 'be', clock, seed: 8 }),
  };
  const logger = listeningLogger();
  const store = await openSqliteStore({ directory, clock, signal });
  await applyPlatformAtStart(store, documents, { name: 'platform.yaml', text: platform }, signal);
  const running = await startApp(
    {
      store,
      registry: knowingRegistry,
      evidenceReader: createEvidenceReader(),
      signatures: nobodySigns,
      documents,
      openEngine: (cluster) => ({ ...engines[cluster === 'fe' ? 'fe' : 'be'], close: async () => undefined }),
      openSigner: async (name) => await Promise.resolve(memorySigner(name)),
      clock,
      logger,
      version: '0',
      newId: () => (ids++).toString().padStart(16, '0'),
      platformRefused: null,
      secretBox: createSecretBox(join(directory, 'secrets.key')),
      secretSources: createSecretSources(directory),
      noteSecret: () => undefined,
      forgottenSecrets: () => 0,
      blindBudgetMs: 60_000,
    },
    signal,
  );
  closing.push(async () => {
    await running.stop();
    await store.close();
    await rm(directory, { recursive: true });
  });
  return { store, running, engines, errors: logger.errors };
}

async function release({ running }: House, service: string, version: string): Promise<void> {
  const text = `services:\n  ${service}:\n    image: registry.test/${service}:${version}\n    deploy: { replicas: 2, update_config: { monitor: 3s } }\nx-drayage: { role: front-end }\n`;
  const compose = { name: 'compose.yaml', text };
  await running.app.registerRelease(actor, { service, version, compose, files: new Map(), vars: {}, meta: {} }, signal);
}

const spec = (environment: string, services: Record<string, string>): PlanInput => ({
  wanted: {
    kind: 'document',
    document: {
      name: `${environment}.yaml`,
      text: `apiVersion: drayage/v1\nkind: Deployment\nenvironment: ${environment}\nservices: ${JSON.stringify(services)}\n`,
    },
    base: null,
  },
  allowRemove: [],
  allowOlder: [],
});

async function accepted({ running }: House, input: PlanInput): Promise<string> {
  const answer = await running.app.deploy(actor, { ...input, expectPlan: null, idempotencyKey: null }, signal);
  assert.ok(answer.kind === 'accepted', answer.kind);
  return answer.deployment;
}

async function deployed(of: House, input: PlanInput): Promise<string> {
  const id = await accepted(of, input);
  for (;;) {
    const { row } = await of.running.app.deployment(id, signal);
    if (row.phase === 'ended') return row.outcome ?? '';
    await clock.sleep(300, signal);
  }
}

const look = ({ running }: House, filter: Parameters<typeof running.app.overview>[0] = {}) =>
  running.app.overview(filter, { limit: 50 }, signal);

/** `environment: version health` of one service. */
const told = ({ environments, services }: Overview, service: string) =>
  services
    .find((row) => row.service === service)
    ?.cells.map(({ now }, index) => `${environments[index]?.name}: ${now?.version ?? '-'} ${now?.health ?? '-'}`);

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await clock.sleep(200, signal);
}

test('the overview shows every service against every environment, without being asked to look', async () => {
  const it = await house();
  for (const [service, version] of [
    ['cart', '1'],
    ['cart', '2'],
    ['site', '1'],
  ] as const)
    await release(it, service, version);
  assert.deepEqual((await look(it)).services, []);
  await deployed(it, spec('dev', { cart: '2', site: '1' }));
  await deployed(it, spec('prod', { cart: '1' }));
  await until(async () => (await look(it)).healths.healthy === 3);
  const shown = await look(it);
  assert.deepEqual(told(shown, 'cart'), ['dev: 2 healthy', 'prod: 1 healthy']);
  assert.deepEqual(told(shown, 'site'), ['dev: 1 healthy', 'prod: - -']);
  const [dev, prod] = shown.environments;
  assert.deepEqual([dev?.revision, dev?.services, dev?.simulated, dev?.trouble], [1, 2, true, null]);
  assert.ok(prod !== undefined && prod.observedAt !== null && prod.observedAt > clock.now() - 30_000);
  const cell = shown.services[0]?.cells[0];
  assert.deepEqual([cell?.now?.running, cell?.now?.replicas, cell?.now?.message, cell?.moving], [2, 2, null, null]);
  assert.deepEqual(it.errors, []);
});

test('the overview is searched, filtered and paged, and the totals stay those of everything', async () => {
  const it = await house();
  const names = Array.from({ length: 7 }, (_, index) => `svc-${index}`);
  for (const name of names) await release(it, name, '1');
  await release(it, 'ill', '1-crash');
  await deployed(it, spec('dev', Object.fromEntries(names.map((name) => [name, '1']))));
  await until(async () => (await look(it)).healths.healthy === 7);
  assert.deepEqual(
    (await look(it, { search: 'C-3' })).services.map((row) => row.service),
    ['svc-3'],
  );
  assert.deepEqual((await look(it, { health: 'degraded' })).total, 0);
  assert.equal((await look(it, { health: 'healthy' })).total, 7);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Overview = await it.running.app.overview({ search: 'svc' }, { limit: 3, cursor }, signal);
    assert.equal(page.total, 7);
    assert.equal(page.healths.healthy, 7);
    seen.push(...page.services.map((row) => row.service));
    cursor = page.next;
  } while (cursor !== null);
  assert.deepEqual(seen, names);
  assert.equal(
    await codeOfAsync(() => it.running.app.overview({}, { limit: 3, cursor: 'x' }, signal)),
    'request.invalid',
  );
});

test('what moves is named while it moves, and a version that comes is never called degraded', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '2');
  await deployed(it, spec('dev', { cart: '1' }));
  const id = await accepted(it, spec('dev', { cart: '2' }));
  const healths = new Set<string>();
  await until(async () => {
    const cell = (await look(it)).services[0]?.cells[0];
    if (cell?.now) healths.add(cell.now.health);
    if (cell?.moving === null) return true;
    assert.equal(cell?.moving.deployment, id);
    return false;
  });
  await until(async () => told(await look(it), 'cart')?.[0] === 'dev: 2 healthy');
  assert.ok(healths.has('converging'), [...healths].join());
  assert.ok(!healths.has('degraded') && !healths.has('missing'), [...healths].join());
});

test('a cluster that falls silent is never shown as fine for long, and is seen again when it is back', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await deployed(it, spec('dev', { cart: '1' }));
  await until(async () => told(await look(it), 'cart')?.[0] === 'dev: 1 healthy');
  it.engines.fe.trouble({ unreachable: true });
  await until(async () => told(await look(it), 'cart')?.[0] === 'dev: 1 unknown');
  const { environments, healths, services } = await look(it);
  assert.match(environments[0]?.trouble ?? '', /does not answer/);
  assert.deepEqual([healths.unknown, healths.healthy, services[0]?.cells[0]?.now?.running], [1, 0, null]);
  await until(async () => {
    const [be, fe] = await it.running.app.clusters(signal);
    return be?.trouble === null && fe?.trouble !== null;
  });
  it.engines.fe.trouble({ unreachable: false });
  await until(async () => told(await look(it), 'cart')?.[0] === 'dev: 1 healthy');
  const [, fe] = await it.running.app.clusters(signal);
  assert.deepEqual([fe?.environments, fe?.description?.kind, fe?.roles], [['dev', 'prod'], 'simulated', ['front-end']]);
  assert.deepEqual(it.errors, []);
});

test('the history tells what each revision changed and who asked for it', async () => {
  const it = await house();
  for (const version of ['1', '2']) await release(it, 'cart', version);
  await release(it, 'site', '1');
  await deployed(it, spec('dev', { cart: '1', site: '1' }));
  await deployed(it, spec('dev', { cart: '2', site: '1' }));
  await deployed(it, { ...spec('dev', { cart: '2' }), allowRemove: ['site'] });
  const { items } = await it.running.app.revisions('dev', { limit: 2 }, signal);
  assert.deepEqual(
    items.map(({ revision, actor: by, changes }) => [
      revision,
      by,
      Object.entries(changes).map(([name, { from, to }]) => `${name} ${from?.version ?? '-'} ${to?.version ?? '-'}`),
    ]),
    [
      [3, actor.id, ['site 1 -']],
      [2, actor.id, ['cart 1 2']],
    ],
  );
  assert.deepEqual((await it.running.app.release('cart', '2', signal)).runsIn, ['dev']);
  assert.deepEqual((await it.running.app.release('cart', '1', signal)).runsIn, []);
  assert.deepEqual((await it.running.app.revisions('prod', { limit: 2 }, signal)).items, []);
  assert.equal(
    await codeOfAsync(() => it.running.app.revisions('nowhere', { limit: 2 }, signal)),
    'environment.unknown',
  );
});

test('what is kept at hand of the ledger is what the ledger says, whatever was recorded in between', async () => {
  const it = await house();
  const blobs = createBlobs(it.store);
  const kept = createRecorded({ store: it.store, blobs, clock: fastClock(1) });
  const check = async () => {
    for (let attempt = 1; ; attempt++) {
      const state = await kept.current();
      const read = await createRecorded({ store: it.store, blobs, clock: fastClock(1) }).current();
      // Something may have been recorded between the two.
      if (!isDeepStrictEqual(state, read) && attempt < 10) continue;
      assert.deepEqual(state, read);
      return state;
    }
  };
  for (const version of ['1', '2', '3-crash']) await release(it, 'cart', version);
  const before = await check();
  const ids = [await accepted(it, spec('dev', { cart: '1' })), await accepted(it, spec('prod', { cart: '1' }))];
  ids.push(await accepted(it, spec('prod', { cart: '2' })), await accepted(it, spec('prod', { cart: '3-crash' })));
  let checks = 0;
  await until(async () => {
    await check();
    checks += 1;
    return (await it.store.unfinished({}, signal)).length === 0;
  });
  assert.ok(checks > 3);
  const after = await check();
  assert.notEqual(after.environments.get('dev'), before.environments.get('dev'));
  assert.deepEqual([after.environments.get('dev')?.revision, after.unfinished], [1, []]);
  assert.ok((after.environments.get('prod')?.revision ?? 0) > 0);
  await release(it, 'site', '1');
  const later = await check();
  assert.equal(later.environments.get('dev'), after.environments.get('dev'), 'a release concerns no environment');
});

test('environments come by name, searched and page by page; a thousand who look cost one look', async () => {
  const it = await house();
  const page = async (search: string, cursor: string | null = null) =>
    await it.running.app.environments({ search }, { limit: 1, cursor }, signal);
  const first = await page('');
  assert.deepEqual([first.items.map((one) => one.name), first.next === null], [['dev'], false]);
  assert.deepEqual(
    (await page('', first.next)).items.map((one) => [one.name, one.clusters, one.revision]),
    [['prod', ['fe', 'be'], 0]],
  );
  assert.deepEqual(
    (await page('PRO')).items.map((one) => one.name),
    ['prod'],
  );
  const details = await Promise.all(
    Array.from({ length: 1_000 }, async () => await it.running.app.environment('dev', signal)),
  );
  assert.ok(new Set(details.map((detail) => detail.observed[0]?.observedAt)).size <= 2);
});
