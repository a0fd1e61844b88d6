import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, missing } from '../bom/answer.ts';
import type { FindingState, JudgedFinding } from '../evidence/findings.ts';
import type { Severity } from '../evidence/summary.ts';
import { changeOf, shownMost, type ComparedEvidence, type ComponentEvidence } from './change.ts';

function finding(id: string, severity: Severity, more: Partial<JudgedFinding> = {}): JudgedFinding {
  const open: FindingState = { kind: 'open' };
  const of = { aliases: [], package: 'openssl', version: '3.0.1', fixedIn: null, image: 'x', tool: 'trivy' };
  return { id, severity, ...of, state: open, ...more };
}

function evidence(version: string, web: Partial<ComponentEvidence>, commit = 'c'.repeat(40)): ComparedEvidence {
  const base = { image: `sha256:${version}`, packages: known([], 'SBOM'), findings: known([], 'reports') };
  return {
    version,
    repository: known('https://git.example.com/cart', 'git'),
    commit: known(commit, 'git'),
    components: { web: { ...base, ...web } },
  };
}

const purl = (name: string, version: string) => ({ name, version, purl: `pkg:npm/${name}@${version}?arch=x#a` });

test('packages come, go and change by their package URL without the version; several versions count as one change', () => {
  const a = evidence('1', {
    packages: known([purl('%40a/b', '1'), purl('c', '1'), purl('c', '2'), purl('same', '1')], 'x'),
  });
  const b = evidence('2', { packages: known([purl('c', '2'), purl('d', '1'), purl('same', '1')], 'y') });
  const [web] = changeOf('cart', a, b).components;
  assert.deepEqual(
    web?.packages,
    known(
      {
        gained: 1,
        lost: 1,
        changed: 1,
        shown: [
          { name: 'pkg:npm/%40a/b', a: '1', b: null },
          { name: 'pkg:npm/c', a: '1, 2', b: '2' },
          { name: 'pkg:npm/d', a: null, b: '1' },
        ],
      },
      'x; y',
    ),
  );
});

test('a finding is the same under another name and in another version; what is waived or not affected is not there', () => {
  const a = evidence('1', {
    findings: known([finding('CVE-1', 'high'), finding('CVE-2', 'low'), finding('CVE-4', 'high')], ''),
  });
  const waived: FindingState = { kind: 'not-affected', why: null };
  const b = evidence('2', {
    findings: known(
      [
        finding('GHSA-1', 'high', { aliases: ['CVE-1'], version: '3.0.2', tool: 'grype' }),
        finding('CVE-3', 'medium'),
        finding('CVE-3', 'critical', { tool: 'grype' }),
        finding('CVE-4', 'high', { state: waived }),
      ],
      '',
    ),
  });
  const [web] = changeOf('cart', a, b).components;
  assert.deepEqual(web?.findings.kind === 'known' && web.findings.value, {
    gained: 1,
    lost: 2,
    shown: [
      { id: 'CVE-3', severity: 'critical', package: 'openssl', change: 'gained' },
      { id: 'CVE-4', severity: 'high', package: 'openssl', change: 'lost' },
      { id: 'CVE-2', severity: 'low', package: 'openssl', change: 'lost' },
    ],
  });
});

test('what one side does not know is not known, and never the same', () => {
  const b = evidence('2', { packages: missing('no SBOM'), findings: missing('no report') });
  const [web] = changeOf('cart', evidence('1', {}), b).components;
  assert.deepEqual([web?.packages, web?.findings], [missing('no SBOM'), missing('no report')]);
});

test('an image that is the same brings nothing, and a service that one side alone has brings all its findings', () => {
  const same = { image: 'sha256:same', packages: missing('no SBOM') };
  assert.deepEqual(changeOf('cart', evidence('1', same), evidence('2', same)).components, []);
  const alone = changeOf('cart', null, evidence('2', { findings: known([finding('CVE-1', 'high')], '') }));
  assert.equal(alone.a, null);
  assert.equal(alone.components[0]?.packages.kind, 'missing');
  const found = alone.components[0]?.findings;
  assert.equal(found?.kind === 'known' && found.value.gained, 1);
});

test('all are counted and some are told', () => {
  const many = Array.from({ length: 250 }, (_, index) => purl(`p${index}`, '1'));
  const [web] = changeOf('cart', evidence('1', {}), evidence('2', { packages: known(many, '') })).components;
  assert.equal(web?.packages.kind, 'known');
  const { gained, shown } = web?.packages.kind === 'known' ? web.packages.value : { gained: 0, shown: [] };
  assert.deepEqual([gained, shown.length], [250, shownMost]);
});
