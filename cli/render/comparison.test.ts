import assert from 'node:assert/strict';
import { test } from 'node:test';
import { text } from '../../test/support/text.ts';
import type { ComparisonView } from '../../wire/comparison.ts';
import { createStyle } from '../style.ts';
import { renderComparison } from './comparison.ts';

const plain = createStyle(false);
const none = { all: false, logs: new Map() };
const [from, to] = ['a'.repeat(40), 'b'.repeat(40)];
const known = <T>(value: T) => ({ kind: 'known', value, source: 'told' }) as const;
const why = (text: string) => ({ kind: 'missing', why: text }) as const;

const view: ComparisonView = {
  a: { kind: 'environment', environment: 'test', revision: 3, services: 2 },
  b: { kind: 'environment', environment: 'prod', revision: 5, services: 2 },
  differences: [
    { service: 'cart', what: 'version', name: null, a: { value: '1.4.1' }, b: { value: '1.4.2' }, declared: false },
    {
      service: 'cart',
      what: 'image',
      name: 'web',
      a: { value: `shop/web:1@sha256:${'1'.repeat(64)}` },
      b: { value: `shop/web:2@sha256:${'2'.repeat(64)}` },
      declared: false,
    },
    {
      service: 'cart',
      what: 'parameter',
      name: 'LEVEL',
      a: { value: 'info', source: 'environment' },
      b: { value: '', source: 'spec' },
      declared: true,
    },
    { service: 'search', what: 'service', name: null, a: null, b: { value: '3.0.0' }, declared: false },
  ],
  changes: [
    {
      service: 'cart',
      a: '1.4.1',
      b: '1.4.2',
      repository: known('https://git.example.com/shop/cart'),
      commits: { a: known(from), b: known(to) },
      components: [
        {
          component: 'web',
          packages: known({
            gained: 1,
            lost: 1,
            changed: 1,
            shown: [
              { name: 'pkg:npm/left-pad', a: '1.0.0', b: null },
              { name: 'pkg:npm/fastify', a: '5.1.0', b: '5.2.0' },
              { name: 'pkg:npm/zod', a: null, b: '4.0.0' },
            ],
          }),
          findings: known({
            gained: 1,
            lost: 1,
            shown: [
              { id: 'CVE-2026-7', severity: 'critical', package: 'openssl', change: 'gained' },
              { id: 'CVE-2025-1', severity: 'low', package: 'left-pad', change: 'lost' },
            ],
          }),
        },
      ],
    },
    {
      service: 'search',
      a: null,
      b: '3.0.0',
      repository: why('the service is not there'),
      commits: { a: why('the service is not there'), b: known(to) },
      components: [
        {
          component: 'search',
          packages: why('only one side has the component'),
          findings: why('no report of a scanner of search of search@3.0.0'),
        },
      ],
    },
  ],
  moreChanges: 0,
};

test('what one environment has and another has not is told with what comes from it and what it brings', () => {
  const logs = new Map([['cart', { ahead: 2, behind: 0, lines: ['bbbbbbb Take \u001b[2J less', 'ccccccc Pad left'] }]]);
  assert.equal(
    renderComparison(view, plain, { all: false, logs }),
    text`
    test and prod differ in 3 things: (revisions 3 and 5)

      SERVICE   WHAT        test                             prod
      cart      version     1.4.1                            1.4.2
      cart      image web   shop/web:1@sha256:111111111111   shop/web:2@sha256:222222222222
      search    service     (none)                           3.0.0

    cart 1.4.1 -> 1.4.2
      commits: aaaaaaaaaaaa -> bbbbbbbbbbbb of https://git.example.com/shop/cart, 2 commits
        + bbbbbbb Take �[2J less
        + ccccccc Pad left
      packages of web: 1 gained, 1 lost, 1 changed
        - pkg:npm/left-pad 1.0.0
        ~ pkg:npm/fastify 5.1.0 -> 5.2.0
        + pkg:npm/zod 4.0.0
      findings of web: 1 gained, 1 lost
        + CVE-2026-7 critical in openssl
        - CVE-2025-1 low in left-pad

    search (none) -> 3.0.0
      findings of search: not known: no report of a scanner of search of search@3.0.0

    1 thing declared to differ; --all shows what.
    `,
  );
});

test('what was declared to differ is shown when all is asked for', () => {
  const shown = renderComparison(view, plain, { all: true, logs: new Map() });
  assert.match(
    shown,
    /Declared to differ: 1 thing\n.*\n {2}cart {6}parameter LEVEL {3}info \(environment\) {3}"" \(spec\)$/,
  );
});

test('two releases that are the same, and an environment to which nothing was deployed, say so', () => {
  const nothing = { differences: [], changes: [], moreChanges: 0 };
  const release = { kind: 'release', service: 'cart', version: '1' } as const;
  assert.equal(
    renderComparison({ a: release, b: release, ...nothing }, plain, none),
    'cart@1 and cart@1 are the same.',
  );
  const empty = { kind: 'environment', environment: 'prod', revision: 0, services: 0 } as const;
  const spec = { kind: 'spec', name: 'deploy/prod.yaml', environment: 'prod', services: 0 } as const;
  assert.equal(
    renderComparison({ a: empty, b: spec, ...nothing }, plain, none),
    text`
    prod and deploy/prod.yaml are to run the same. (revision 0)

    Nothing was ever deployed to prod.
    `,
  );
});

test('going back tells the commits that are taken back, and how many more there are', () => {
  const logs = new Map([['cart', { ahead: 0, behind: 30, lines: ['ddddddd Once'] }]]);
  const shown = renderComparison(view, plain, { all: false, logs });
  assert.match(shown, /, 30 commits back\n {4}- ddddddd Once\n {6}and 29 more\n/);
});
