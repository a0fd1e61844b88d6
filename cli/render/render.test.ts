import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleNowMs } from '../../test/support/memory-io.ts';
import { runOf, sampleCause, sampleDeployment, sampleEnvironment, samplePlan } from '../../test/support/samples.ts';
import { text } from '../../test/support/text.ts';
import { health } from '../../wire/environment.ts';
import { createStyle } from '../style.ts';
import { renderDeployment, renderDeployments, renderOutcome } from './deployment.ts';
import { renderEnvironment, renderStatus } from './environment.ts';
import { renderPlan } from './plan.ts';
import { changesBetween, progressLines } from './progress.ts';

const plain = createStyle(false);
const painted = createStyle(true);

test('a plan shows each step with its fields, restart and notes, wave by wave', () => {
  assert.equal(
    renderPlan(samplePlan, plain, { brief: false }),
    text`
    Plan for prod: 4 steps in 2 waves (plan cccccccccccc, on revision 17)

    Wave 1
      + catalog   create 1.0.0            on fe   starts
          note: stops first: it has a volume
      ~ cart/db   update 1.4.1 -> 1.4.2   on fe   restarts
          image                 shop/db:1@sha256:aaaaaaaaaaaa   ->   shop/db:2@sha256:bbbbbbbbbbbb
          variables.LOG_LEVEL   (none)                          ->   warn

    Wave 2
      ~ search   scale 2 -> 4   on fe   no restart
      - old      remove 0.9.0   on fe   stops

    Parameters
      cart   LOG_LEVEL   info (release)   ->   warn (spec)

    Config conf of cart/db
        server {
      -   log info;
      +   log warn;

    unchanged: storefront
    warning: dev.yaml:7:9: write "1.10"
    advice: a single replica, gone while its node is: cart
    would wait for: d-11
    `,
  );
});

test('withheld secrets and older versions are told, each with both versions', () => {
  const withheld = [
    { service: 'cart', secret: 'db-password', runs: '1', newest: '3', because: 'asked' as const },
    { service: 'web', secret: 'key', runs: '7', newest: '8', because: 'declared' as const },
  ];
  const block =
    /Withheld secrets\n +cart +db-password +keeps 1 +newest 3 +by --restart never\n +web +key +keeps 7 +newest 8 +as its definition says\n/;
  assert.match(renderPlan({ ...samplePlan, withheld }, plain, { brief: true }), block);
  assert.match(renderDeployment(sampleDeployment({ withheld }), plain, sampleNowMs), block);
  const olderSecrets = [{ service: 'cart', secret: 'db-password', runs: '1', newest: '3' }];
  const shown = renderEnvironment({ ...sampleEnvironment, olderSecrets }, plain, sampleNowMs, 120);
  assert.match(shown, /Older versions of secrets\n +cart +db-password +has 1 +newest 3/);
});

test('what stays on one cluster and changes on another is named with its cluster', () => {
  const unchanged = ['be/catalog/catalog', 'be/storefront/storefront', 'fe/storefront/storefront'];
  const plan = renderPlan({ ...samplePlan, unchanged }, plain, { brief: true });
  assert.match(plan, /^unchanged: catalog on be, storefront$/m);
});

test('what happens on a simulated cluster says so wherever it is shown', () => {
  const simulated = ['fe'];
  const plan = renderPlan({ ...samplePlan, simulated }, plain, { brief: true });
  assert.match(plan, /on fe \(simulated\)/);
  const ended = { phase: 'ended', outcome: 'succeeded', endedAt: sampleNowMs, simulated } as const;
  assert.match(renderOutcome(sampleDeployment(ended), plain), /^d-12 succeeded after \S+ \(simulated\): /);
  assert.match(renderDeployment(sampleDeployment(ended), plain, sampleNowMs), /prod \(simulated\)/);
});

test('a brief plan leaves out fields, notes and advice, never warnings', () => {
  const brief = renderPlan(samplePlan, plain, { brief: true });
  assert.doesNotMatch(brief, /note:|variables/);
  assert.match(brief, /warning: /);
  assert.doesNotMatch(brief, /advice: /);
});

test('a plan without a step says that there is nothing to do', () => {
  const empty = {
    ...samplePlan,
    waves: [],
    parameters: [],
    configs: [],
    warnings: [],
    advice: [],
    waitsFor: [],
    unchanged: [],
  };
  assert.equal(
    renderPlan(empty, plain, { brief: false }),
    'Nothing to do: prod is as asked. (plan cccccccccccc, on revision 17)',
  );
});

test('a deployment shows where each step stands', () => {
  assert.equal(
    renderDeployment(sampleDeployment(), plain, sampleNowMs),
    text`
    d-12  under way
      environment   prod
      services      cart, catalog, search
      reason        deploy prod.yaml
      by            t-1
      accepted      2026-11-21T11:59:40.000Z (20s ago)
      plan          cccccccccccc
      ledger        entry 42

      wave 1   catalog   create 1.0.0            verified    4.0s
               cart/db   update 1.4.1 -> 1.4.2   verified    8.5s
      wave 2   search    scale 2 -> 4            under way   3.0s   2 of 4 running
               old       remove 0.9.0            waiting
    `,
  );
});

test('an outcome comes with its cause, the last log lines, what is unknown and what to do', () => {
  const ended = sampleDeployment({
    phase: 'ended',
    outcome: 'rollback-failed',
    endedAt: sampleNowMs,
    cause: sampleCause,
    unknown: ['fe/search/search'],
  });
  assert.equal(
    renderOutcome(ended, plain),
    text`
    d-12 rollback failed after 20.0s: it is not known of every part what runs: see below
      cause: A task of fe/search/search failed on node-1 (exit code 1).
        step:        fe/search/search
        task:        search.1.x
        node:        node-1
        exit code:   1
        last log lines:
          | starting
          | no space\ufffd
      hint: declare a tmpfs for /var/cache
      not known what runs: fe/search/search
      next: dray status prod shows what runs now; dray doctor what keeps the cluster from answering
    `,
  );
});

test('a status tells the age of what was seen, and what was not seen', () => {
  assert.equal(
    renderStatus([sampleEnvironment], plain, sampleNowMs, Infinity),
    text`
    ENVIRONMENT   SERVICE   VERSION            HEALTH    RUNNING   CLUSTER   SEEN
    prod          cart      1.4.2              healthy       2/2   fe        3s
    prod          cart/db   1.4.2 (changing)   unknown       ?/1   fe        3s     node-2 does not answer
    not seen whole: prod, cluster fe: node-2 does not answer
    `,
  );
});

test('only what was seen to be healthy is green', () => {
  const [component] = sampleEnvironment.components;
  assert.ok(component !== undefined);
  for (const word of health.options) {
    const view = { ...sampleEnvironment, components: [{ ...component, health: word }] };
    const status = renderStatus([view], painted, sampleNowMs, Infinity);
    assert.equal(status.includes(painted.green(word.padEnd(6))) || status.includes('\u001b[32m'), word === 'healthy');
  }
});

test('an empty list says what to do first', () => {
  assert.match(renderDeployments([], plain, sampleNowMs, 80), /dray deploy/);
});

test('progress is never higher nor wider than the terminal, and keeps what is under way', () => {
  const view = sampleDeployment({ holds: ['cluster fe does not answer for a long while already, it seems'] });
  for (const [columns, rows] of [
    [40, 6],
    [60, 7],
    [200, 50],
  ] as const) {
    const lines = progressLines({ view, trouble: 'no answer', nowMs: sampleNowMs, columns, rows }, plain);
    assert.ok(lines.length < rows, `${lines.length} lines of ${rows}`);
    assert.ok(lines.every((line) => line.length < columns));
    assert.ok(lines.some((line) => line.includes('search')));
  }
});

test('where lines cannot be drawn again, each change is told once', () => {
  const before = sampleDeployment();
  assert.deepEqual(changesBetween(before, before), []);
  assert.deepEqual(changesBetween(null, before), [
    'd-12: under way',
    'd-12: wave 1: catalog on fe: create 1.0.0: verified',
    'd-12: wave 1: cart/db on fe: update 1.4.1 -> 1.4.2: verified',
    'd-12: wave 2: search on fe: scale 2 -> 4: under way',
  ]);
  const failed = sampleDeployment({
    reverting: true,
    waves: [
      [runOf('catalog', { state: 'verified' }), runOf('cart', { state: 'verified' })],
      [runOf('search', { state: 'reverting', cause: sampleCause }), runOf('old')],
    ],
  });
  assert.deepEqual(changesBetween(before, failed), [
    'd-12: rolling back',
    'd-12: wave 2: search on fe: scale 2 -> 4: rolling back: A task of fe/search/search failed on node-1 (exit code 1).',
  ]);
});
