import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, missing } from '../bom/answer.ts';
import type { ReleaseManifest } from '../release.ts';
import { defectRate, defectsOf } from './defect-rate.ts';
import type { FindingState, JudgedFinding } from './findings.ts';

const image = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const imageOf = (digest: string) => ({ reference: 'r/x', resolved: `r/x@${digest}`, hasHealthCheck: null });
const manifest = (...digests: readonly string[]) =>
  ({ images: Object.fromEntries(digests.map((digest, index) => [`c${index}`, imageOf(digest)])) }) as ReleaseManifest;

const waiver = { id: 'w', vulnerability: 'CVE-2', service: null, reason: 'r', until: 1, actor: 'a' };
const states: readonly FindingState[] = [
  { kind: 'open' },
  { kind: 'waived', waiver },
  { kind: 'not-affected', why: null },
];
const finding = (id: string, severity: JudgedFinding['severity'], state: FindingState): JudgedFinding => {
  return { id, severity, state, aliases: [], package: 'p', version: null, fixedIn: null, image, tool: 't' };
};

test('what is waived is a defect all the same, what does not affect is none, and low ones do not count', () => {
  const findings = states.flatMap((state, index) => [
    finding(`CVE-${index}`, 'critical', state),
    finding(`CVE-1${index}`, 'high', state),
    finding(`CVE-2${index}`, 'low', state),
  ]);
  const twice = [...findings, { ...findings[0]!, tool: 'another' }];
  const defects = defectsOf(manifest(image), { findings: twice, scannedAt: new Map([[image, 1]]) });
  assert.deepEqual(defects, known({ critical: 2, high: 2 }, 'the newest reports'));
  assert.deepEqual(defectRate(known(8_000, 'git'), defects), known(5, 'git'));
});

test('a release of which one image was not scanned, or whose lines nobody knows, has no rate, which is not zero', () => {
  const scannedAt = new Map([[image, 1]]);
  const half = defectsOf(manifest(image, other), { findings: [], scannedAt });
  assert.deepEqual(half, missing('no report of a scanner of c1'));
  const none = defectsOf(manifest(image), { findings: [], scannedAt });
  assert.deepEqual(defectRate(known(100, 'git'), none), known(0, 'git'));
  assert.deepEqual(defectRate(missing('git is not there'), none), missing('lines of code: git is not there'));
  assert.equal(defectRate(known(0, 'git'), none).kind, 'missing');
  assert.deepEqual(defectRate(known(100, 'git'), half), half);
});
