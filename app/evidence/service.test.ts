import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { known } from '../../core/bom/answer.ts';
import { unknownBuild } from '../../core/bom/build.ts';
import { sha256 } from '../../core/hash.ts';
import { createHouses, testAdmin } from '../../test/support/app-house.ts';

const signal = AbortSignal.timeout(60_000);
const houses = createHouses(signal);
after(() => houses.close());

test('the defect rate of each release of a service follows from its lines and its newest report', async () => {
  const { running } = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  const { app } = running;
  const release = async (version: string, lines: number | null) => {
    const text = `services: { cart: { image: 'registry.test/cart:${version}' } }\n`;
    const build = lines === null ? null : { ...unknownBuild, lines: known(lines, '--lines') };
    const base = { service: 'cart', version, files: new Map(), vars: {}, meta: {}, build };
    await app.registerRelease(testAdmin, { ...base, compose: { name: 'c.yaml', text } }, signal);
  };
  const scan = async (version: string, ...severities: readonly string[]) => {
    const Vulnerabilities = severities.map((Severity, index) => {
      return { VulnerabilityID: `CVE-2026-${index}`, PkgName: 'p', Severity };
    });
    const Metadata = { RepoDigests: [`r/c@sha256:${sha256(`registry.test/cart:${version}`)}`] };
    const report = { SchemaVersion: 2, ArtifactName: 'c', Metadata, Results: [{ Vulnerabilities }] };
    const content = Buffer.from(JSON.stringify(report));
    const input = { content, compressed: false, component: null };
    await app.attachEvidence(testAdmin, { service: 'cart', version, input }, signal);
  };
  await release('1', 20_000);
  await scan('1', 'CRITICAL', 'HIGH', 'HIGH', 'LOW');
  await release('2', 20_000);
  await scan('2');
  await release('3', null);
  await scan('3', 'HIGH');
  await release('4', 20_000);
  const { releases } = await app.service('cart', signal);
  assert.deepEqual(
    releases.map(({ row, rate }) => [row.version, rate.kind === 'known' ? rate.value : rate.why]),
    [
      ['4', 'no report of a scanner of cart'],
      ['3', 'lines of code: nothing told of it'],
      ['2', 0],
      ['1', 1.5],
    ],
  );
  await assert.rejects(app.service('search', signal), { code: 'service.unknown' });
});
