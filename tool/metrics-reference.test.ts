import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { metrics } from '../port/metrics.ts';
import { metricsReference } from './metrics-reference.ts';

test('the committed reference of metrics is the one that the metrics table gives', async () => {
  const page = await readFile(new URL('../docs/reference/metrics.md', import.meta.url), 'utf8');
  assert.equal(page, metricsReference(), 'run: node tool/metrics-reference.ts');
});

test('every metric that the reference speaks of exists', () => {
  const known = new Set<string>(Object.keys(metrics));
  for (const [name] of metricsReference().matchAll(/drayage_[a-z_]+/g)) {
    assert.ok(known.has(name.replace(/_bucket$/, '')), name);
  }
});
