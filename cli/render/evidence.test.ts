import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleNowMs } from '../../test/support/memory-io.ts';
import { text } from '../../test/support/text.ts';
import type { FindingView } from '../../wire/evidence.ts';
import type { ReleaseView } from '../../wire/release.ts';
import { createStyle } from '../style.ts';
import { renderAttached, renderWaived, renderWhere } from './evidence.ts';

const plain = createStyle(false);
const image = `sha256:${'a'.repeat(64)}`;
const minuteMs = 60_000;

/** As much of a release as is shown. */
const release = {
  evidence: [
    {
      kind: 'build',
      image: null,
      told: 'built by Jenkins from 3b18e512dba7',
      document: null,
      sequence: 7,
      at: sampleNowMs - 60 * minuteMs,
      actor: 't-ci',
    },
    {
      kind: 'scan',
      image,
      told: 'trivy: 1 critical, 2 low',
      document: { digest: 'd'.repeat(64), bytes: 10 },
      sequence: 12,
      at: sampleNowMs,
      actor: 't-ci',
    },
  ],
  findings: {
    counts: { critical: 1, high: 0, medium: 0, low: 2, unknown: 0 },
    waived: 1,
    notAffected: 0,
    scanned: [{ image, at: sampleNowMs }],
  },
  standings: [
    { environment: 'dev', lacks: [] },
    { environment: 'prod', lacks: ['1 open critical finding, 0 allowed: CVE-2026-7 in \u001b[31mopenssl'] },
  ],
} as unknown as ReleaseView;

test('what was appended is shown with what scanners found, and with the environments that would refuse it now', () => {
  assert.equal(
    renderAttached(release, plain, sampleNowMs),
    text`
      build   the release           built by Jenkins from 3b18e512dba7   1h   entry 7 by t-ci
      scan    sha256:aaaaaaaaaaaa   trivy: 1 critical, 2 low             0s   entry 12 by t-ci
    Findings
      1 critical, 0 high, 0 medium, 2 low, 0 unknown; 1 waived, 0 not affected
    runs in prod, which would refuse it now:
      1 open critical finding, 0 allowed: CVE-2026-7 in \u{fffd}[31mopenssl
    runs in dev
    `,
  );
});

test('what runs nowhere, and was scanned by nobody, says no more', () => {
  const bare = { ...release, evidence: release.evidence.slice(0, 1), standings: [] };
  const unseen = { ...bare, findings: { ...release.findings, scanned: [] } };
  assert.equal(
    renderAttached(unseen, plain, sampleNowMs),
    '  build   the release   built by Jenkins from 3b18e512dba7   1h   entry 7 by t-ci\nruns nowhere',
  );
});

function finding(state: FindingView['state'], more: Partial<FindingView> = {}): FindingView {
  const of = { id: 'CVE-2026-7', aliases: [], package: 'openssl', version: '3.0.1', image, tool: 'trivy' };
  return { ...of, severity: 'critical', fixedIn: null, state, ...more };
}

test('where a vulnerability is names releases, environments, packages, and why it does not count', () => {
  const until = Date.UTC(2027, 0, 31);
  assert.equal(
    renderWhere(
      {
        vulnerability: 'CVE-2026-7',
        releases: [
          {
            service: 'cart',
            version: '1.4.2',
            runsIn: ['prod', 'test'],
            findings: [finding({ kind: 'open' }, { fixedIn: '3.0.2' })],
          },
          {
            service: 'search',
            version: '3.0.0',
            runsIn: [],
            findings: [
              finding({ kind: 'waived', reason: 'not reached', until, actor: 't-1' }),
              finding({ kind: 'not-affected', why: 'vulnerable_code_not_present' }, { version: null, severity: 'low' }),
            ],
          },
        ],
      },
      plain,
    ),
    text`
    RELEASE        RUNS IN      PACKAGE         SEVERITY   STATE
    cart@1.4.2     prod, test   openssl 3.0.1   critical   open                                        fixed in 3.0.2
    search@3.0.0   nowhere      openssl 3.0.1   critical   waived until 2027-01-31: not reached
    search@3.0.0   nowhere      openssl         low        not affected: vulnerable_code_not_present
    `,
  );
  assert.equal(
    renderWhere({ vulnerability: 'CVE-1999-1', releases: [] }, plain),
    'No newest report of any release names CVE-1999-1.',
  );
});

test('a waiver says of what, where, until when, and where it is recorded', () => {
  const waiver = { vulnerability: 'CVE-2026-7', until: Date.UTC(2027, 0, 31), sequence: 14 };
  const end = 'until 2027-01-31T00:00:00.000Z (entry 14).';
  assert.equal(renderWaived({ ...waiver, service: 'cart' }), `CVE-2026-7 is waived in cart ${end}`);
  assert.equal(renderWaived({ ...waiver, service: null }), `CVE-2026-7 is waived in every service ${end}`);
});
