import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sha256 } from '../../core/hash.ts';
import { readEvent } from '../../core/ledger.ts';
import { createHouses, testAdmin } from '../../test/support/app-house.ts';

const signal = AbortSignal.timeout(60_000);
const houses = createHouses(signal);
after(() => houses.close());

test('a new report for what runs tells the event, the answer and the dashboard that it would be refused, until a waiver or a deployment', async () => {
  const { running, store } = await houses.house(
    'environments: { dev: { clusters: [fe] }, prod: { clusters: [fe], requires: { scan: { critical: 0 } } } }\n',
  );
  const { app } = running;
  const attach = async (version: string, ...ids: readonly string[]) => {
    const Vulnerabilities = ids.map((VulnerabilityID) => ({ VulnerabilityID, PkgName: 'p', Severity: 'CRITICAL' }));
    const Metadata = { RepoDigests: [`r/c@sha256:${sha256(`registry.test/cart:${version}`)}`] };
    const report = { SchemaVersion: 2, ArtifactName: 'c', Metadata, Results: [{ Vulnerabilities }] };
    const input = { content: Buffer.from(JSON.stringify(report)), compressed: false, component: null };
    return await app.attachEvidence(testAdmin, { service: 'cart', version, input }, signal);
  };
  const deploy = async (environment: string, version: string) => {
    const wanted = { kind: 'change', environment, set: { cart: version } } as const;
    const input = { wanted, allowRemove: [], allowOlder: true as const, expectPlan: null, idempotencyKey: null };
    const answer = await app.deploy(testAdmin, input, signal);
    assert.ok(answer.kind === 'accepted');
    while ((await app.deployment(answer.deployment, signal)).row.phase !== 'ended')
      await houses.clock.sleep(100, signal);
  };
  const refused = async () =>
    (await app.refusals()).refusals.map((it) => `${it.environment} ${it.service}@${it.version}`);
  for (const version of ['1', '2']) {
    const text = `services: { cart: { image: 'registry.test/cart:${version}', deploy: { update_config: { monitor: 1s } } } }\n`;
    const base = { service: 'cart', version, files: new Map(), vars: {}, meta: {} };
    await app.registerRelease(testAdmin, { ...base, compose: { name: 'c.yaml', text } }, signal);
    assert.deepEqual((await attach(version)).standings, []);
  }
  await deploy('dev', '1');
  await deploy('prod', '1');
  assert.deepEqual(await refused(), []);
  const { items, gaps } = await app.variety(signal);
  assert.deepEqual(items, []);
  const where = { service: 'cart', version: '1', component: 'cart', environments: ['dev', 'prod'] };
  assert.deepEqual(
    gaps.map(({ kind }) => kind),
    ['base', 'language', 'framework'],
  );
  assert.deepEqual(gaps[1], { kind: 'language', why: 'no SBOM of cart of cart@1', ...where });

  const lack = '1 open critical finding, 0 allowed: CVE-2026-7 in p';
  const standings = [
    { environment: 'dev', lacks: [] },
    { environment: 'prod', lacks: [lack] },
  ];
  assert.deepEqual((await attach('1', 'CVE-2026-7')).standings, standings);
  const entries = await store.entries(0, 1_000, signal);
  const last = entries.map(readEvent).findLast((event) => event.kind === 'evidence-appended');
  assert.deepEqual(
    last?.standings?.toSorted((a, b) => (a.environment < b.environment ? -1 : 1)),
    standings,
  );
  assert.deepEqual(await refused(), ['prod cart@1']);

  const until = houses.clock.now() + 3_600_000;
  await app.waive(testAdmin, { vulnerability: 'CVE-2026-7', service: 'cart', reason: 'r', until }, signal);
  assert.deepEqual(await refused(), []);
  await attach('1', 'CVE-2026-7', 'CVE-2026-8');
  assert.deepEqual(await refused(), ['prod cart@1']);
  await deploy('prod', '2');
  assert.deepEqual(await refused(), []);
});
