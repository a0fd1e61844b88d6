import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { known } from '../../core/bom/answer.ts';
import { unknownBuild } from '../../core/bom/build.ts';
import { isFault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import { createHouses, testAdmin } from '../../test/support/app-house.ts';
import type { PlanInput } from '../api.ts';

const signal = AbortSignal.timeout(60_000);
const houses = createHouses(signal);
after(() => houses.close());

function asking(environment: string, version: string): PlanInput {
  const wanted = { kind: 'change', environment, set: { cart: version } } as const;
  return { wanted, allowRemove: [], allowOlder: true };
}

test('an environment that requires answers refuses a release without them by name, and takes one that has them', async () => {
  const { running } = await houses.house(
    'environments:\n  dev: { clusters: [fe] }\n  prod: { clusters: [fe], requires: { bom: [commit, clean, start, tags] } }\n',
  );
  const { app } = running;
  const compose = { name: 'compose.yaml', text: "services: { cart: { image: 'registry.test/cart:1' } }\n" };
  const base = { service: 'cart', compose, files: new Map(), vars: {}, meta: {} };
  await app.registerRelease(testAdmin, { ...base, version: '1' }, signal);
  const commit = known('3b18e512dba79e4c8300dd08aeb37f8e728b8dad', 'git');
  const build = { ...unknownBuild, commit, dirty: known(false, 'git') };
  const release = await app.registerRelease(testAdmin, { ...base, version: '2', build }, signal);
  assert.deepEqual(
    release.evidence.map(({ row }) => row.kind),
    ['build', 'image'],
  );
  assert.deepEqual(release.bom.build.commit, commit);
  await app.plan(asking('dev', '1'), signal);
  await assert.rejects(app.plan(asking('prod', '1'), signal), (error) => {
    assert.ok(isFault(error, 'plan.evidence-missing'));
    assert.deepEqual(error.facts['unmet'], [
      {
        service: 'cart',
        version: '1',
        lacks: ['no answer for commit (nothing told of it)', 'no answer for clean (nothing told of it)'],
      },
    ]);
    return true;
  });
  await assert.rejects(
    app.deploy(testAdmin, { ...asking('prod', '1'), expectPlan: null, idempotencyKey: null }, signal),
    { code: 'plan.evidence-missing' },
  );
  assert.equal((await app.plan(asking('prod', '2'), signal)).plan.waves.length, 1);
});

const digest = (reference: string) => `sha256:${sha256(reference)}`;

function trivyOf(image: string, ...ids: readonly string[]): Uint8Array {
  const Vulnerabilities = ids.map((id) => ({
    VulnerabilityID: id,
    PkgName: 'openssl',
    InstalledVersion: '3.0.1',
    Severity: 'CRITICAL',
  }));
  const Metadata = { RepoDigests: [`r/cart@${image}`] };
  return Buffer.from(JSON.stringify({ SchemaVersion: 2, ArtifactName: 'x', Metadata, Results: [{ Vulnerabilities }] }));
}

test('a report for an old release is told of at once where it runs; waivers and newer reports let it through again', async () => {
  const { running } = await houses.house(
    'environments:\n  dev: { clusters: [fe] }\n  prod: { clusters: [fe], requires: { scan: { critical: 0 } } }\n',
  );
  const { app } = running;
  const base = { service: 'cart', files: new Map(), vars: {}, meta: {} };
  for (const version of ['1', '2']) {
    const text = `services: { cart: { image: 'registry.test/cart:${version}', deploy: { update_config: { monitor: 1s } } } }\n`;
    await app.registerRelease(testAdmin, { ...base, version, compose: { name: 'c.yaml', text } }, signal);
  }
  const attach = async (version: string, content: Uint8Array) =>
    await app.attachEvidence(
      testAdmin,
      { service: 'cart', version, input: { content, compressed: false, component: null } },
      signal,
    );
  await app.deploy(testAdmin, { ...asking('dev', '1'), expectPlan: null, idempotencyKey: null }, signal);
  const [one, two] = [digest('registry.test/cart:1'), digest('registry.test/cart:2')];
  await attach('2', trivyOf(two, 'CVE-2024-7', 'CVE-2024-8'));
  const { evidence } = await attach('1', trivyOf(one, 'CVE-2024-7'));
  assert.equal((await attach('1', trivyOf(one, 'CVE-2024-7'))).evidence.length, evidence.length);

  await assert.rejects(attach('1', trivyOf(two)), { code: 'evidence.foreign' });
  await assert.rejects(attach('1', Buffer.from('{}')), { code: 'evidence.unreadable' });
  const where = async () => {
    const found = await app.whereIs('cve-2024-7', signal);
    return found
      .map(({ version, findings }) => `${version} ${findings.map(({ state }) => state.kind).join()}`)
      .toSorted();
  };
  assert.deepEqual(await where(), ['1 open', '2 open']);
  assert.deepEqual(await app.whereIs('CVE-1999-1', signal), []);
  await assert.rejects(app.plan(asking('prod', '2'), signal), /2 open critical findings, 0 allowed/);
  const until = houses.clock.now() + 3_600_000;
  await app.waive(testAdmin, { vulnerability: 'CVE-2024-7', service: null, reason: 'not reached', until }, signal);
  assert.deepEqual(await where(), ['1 waived', '2 waived']);
  await assert.rejects(app.plan(asking('prod', '2'), signal), /1 open critical finding, 0 allowed: CVE-2024-8/);
  await attach('2', trivyOf(two));
  assert.deepEqual(await where(), ['1 waived']);
  assert.equal((await app.plan(asking('prod', '2'), signal)).plan.waves.length, 1);
});
