import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metrics } from '../port/metrics.ts';
import { createPrometheus } from './prometheus.ts';

test('the names are those that the conventions of Prometheus ask for', () => {
  for (const [name, { kind, labels, ...rest }] of Object.entries(metrics)) {
    assert.match(name, /^drayage(_[a-z]+)+$/);
    assert.equal(name.endsWith('_total'), kind === 'counter', `${name}: _total is for counters, and all of them`);
    assert.doesNotMatch(name, /_(ms|milliseconds|minutes|kb|count|sum|bucket)$/, `${name}: base units alone`);
    for (const label of labels) assert.match(label, /^[a-z]+$/, `${name}: ${label}`);
    if (!('buckets' in rest)) continue;
    const { buckets } = rest;
    assert.deepEqual(
      [...buckets],
      [...buckets].toSorted((a, b) => a - b),
      `${name}: rising buckets`,
    );
  }
});

test('figures are told with their labels, and what was never measured is not told', async () => {
  const prometheus = createPrometheus();
  const before = await prometheus.text();
  assert.match(before, /^# TYPE drayage_cluster_up gauge$/m);
  assert.doesNotMatch(before, /^drayage_(cluster_up|http_requests_in_flight|ledger_head_sequence)/m);
  prometheus.set('drayage_http_requests_in_flight', {}, 2);
  prometheus.set('drayage_cluster_up', { cluster: 'fe' }, 1);
  prometheus.increment('drayage_http_requests_total', { method: 'GET', route: '/a', status: '200' });
  prometheus.increment('drayage_http_requests_total', { method: 'GET', route: '/a', status: '200' }, 2);
  prometheus.observe('drayage_engine_call_duration_seconds', { cluster: 'fe', verb: 'apply' }, 0.3);
  const text = await prometheus.text();
  assert.match(text, /^drayage_http_requests_in_flight 2$/m);
  assert.match(text, /^drayage_cluster_up\{cluster="fe"\} 1$/m);
  assert.match(text, /^drayage_http_requests_total\{method="GET",route="\/a",status="200"\} 3$/m);
  assert.match(text, /^drayage_engine_call_duration_seconds_bucket\{le="0.5",cluster="fe",verb="apply"\} 1$/m);
  assert.match(text, /^process_cpu_seconds_total /m);
  assert.match(text, /^nodejs_eventloop_lag_seconds /m);
});

test('a series that was removed is not told any more', async () => {
  const prometheus = createPrometheus();
  prometheus.set('drayage_cluster_up', { cluster: 'fe' }, 1);
  prometheus.set('drayage_cluster_up', { cluster: 'be' }, 0);
  prometheus.set('drayage_ledger_head_sequence', {}, 7);
  prometheus.remove('drayage_cluster_up', { cluster: 'fe' });
  prometheus.remove('drayage_ledger_head_sequence', {});
  prometheus.remove('drayage_deployments_unfinished', { phase: 'queued' });
  const text = await prometheus.text();
  assert.doesNotMatch(text, /cluster="fe"|^drayage_ledger_head_sequence/m);
  assert.match(text, /^drayage_cluster_up\{cluster="be"\} 0$/m);
});

test('two servers in one process do not share their figures', async () => {
  const [one, other] = [createPrometheus(), createPrometheus()];
  one.increment('drayage_deployments_accepted_total', {});
  assert.match(await one.text(), /^drayage_deployments_accepted_total 1$/m);
  assert.match(await other.text(), /^drayage_deployments_accepted_total 0$/m);
});
