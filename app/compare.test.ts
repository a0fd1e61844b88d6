import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { known } from '../core/bom/answer.ts';
import { unknownBuild } from '../core/bom/build.ts';
import { sha256 } from '../core/hash.ts';
import { createHouses, testAdmin } from '../test/support/app-house.ts';

const signal = AbortSignal.timeout(60_000);
const houses = createHouses(signal);
after(() => houses.close());

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

test('two releases, and an environment and a document, are compared with their commits, packages and findings', async () => {
  const { running } = await houses.house('environments: { prod: { clusters: [fe] } }\n');
  const { app } = running;
  for (const [index, version] of ['1', '2'].entries()) {
    const image = `registry.test/cart:${version}`;
    const text = `services:\n  cart:\n    image: '${image}'\n    command: [serve, '${version}']\n`;
    const build = { ...unknownBuild, commit: known(String(index).repeat(40), 'git') };
    const base = { service: 'cart', version, files: new Map(), vars: {}, meta: {}, build };
    await app.registerRelease(testAdmin, { ...base, compose: { name: 'c.yaml', text } }, signal);
    const digest = `sha256:${sha256(image)}`;
    const component = { type: 'container', name: 'cart', version: digest };
    const components = [{ type: 'library', name: 'zod', version: `4.${version}`, purl: `pkg:npm/zod@4.${version}` }];
    const attach = async (value: unknown) =>
      await app.attachEvidence(
        testAdmin,
        { service: 'cart', version, input: { content: bytesOf(value), compressed: false, component: null } },
        signal,
      );
    await attach({ bomFormat: 'CycloneDX', specVersion: '1.6', metadata: { component }, components });
    const Vulnerabilities = [{ VulnerabilityID: `CVE-2026-${version}`, PkgName: 'zod', Severity: 'HIGH' }];
    await attach({
      SchemaVersion: 2,
      ArtifactName: 'c',
      Metadata: { RepoDigests: [`r/c@${digest}`] },
      Results: [{ Vulnerabilities }],
    });
  }
  const release = (version: string) => ({ kind: 'release', service: 'cart', version }) as const;
  const { differences, changes } = await app.compare(release('1'), release('2'), signal);
  assert.deepEqual(
    differences.map(({ what, name }) => [what, name]),
    [
      ['version', null],
      ['image', 'cart'],
      ['definition', 'services.cart.command'],
    ],
  );
  const [change] = changes;
  assert.deepEqual(change?.commits.a.kind === 'known' && change.commits.a.value, '0'.repeat(40));
  const [cart] = change?.components ?? [];
  assert.deepEqual(cart?.packages.kind === 'known' && cart.packages.value.shown, [
    { name: 'pkg:npm/zod', a: '4.1', b: '4.2' },
  ]);
  assert.deepEqual(cart?.findings.kind === 'known' && cart.findings.value.shown.map(({ id, change: it }) => [id, it]), [
    ['CVE-2026-1', 'lost'],
    ['CVE-2026-2', 'gained'],
  ]);
  const text = `services: { cart: { image: 'registry.test/cart:1', command: [serve, '1'] } }\n`;
  const base = { service: 'basket', version: '1', files: new Map(), vars: {}, meta: {} };
  await app.registerRelease(testAdmin, { ...base, compose: { name: 'c.yaml', text } }, signal);
  const renamed = await app.compare(release('1'), { kind: 'release', service: 'basket', version: '1' }, signal);
  assert.deepEqual(renamed.differences, [], 'another name alone is no difference');
  assert.deepEqual(
    renamed.changes.map(({ service, a, b }) => [service, a, b]),
    [['cart', '1', '1']],
  );
  const document = (version: string) => ({
    name: 'prod.yaml',
    text: `apiVersion: drayage/v1\nkind: Deployment\nenvironment: prod\nservices: { cart: '${version}' }\n`,
  });
  const prod = { kind: 'environment', environment: 'prod' } as const;
  const withSpec = await app.compare(prod, { kind: 'spec', document: document('2') }, signal);
  assert.deepEqual(withSpec.b, { kind: 'spec', name: 'prod.yaml', environment: 'prod', services: 1 });
  assert.deepEqual([withSpec.changes[0]?.a, withSpec.changes[0]?.b], [null, '2']);
  const none = app.compare(prod, { kind: 'spec', document: document('3') }, signal);
  await assert.rejects(none, { code: 'release.unknown' });
});
