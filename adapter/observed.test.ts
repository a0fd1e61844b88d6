import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulatedEngine } from '../engine/simulated/engine.ts';
import { createManualClock } from '../engine/testing/manual-clock.ts';
import { isFault } from '../core/fault.ts';
import { clock, folderFor, openStore } from '../store/sqlite/testing/folder.ts';
import { accepted, ended, byTester, soon } from '../store/testing/samples.ts';
import { observeEngine } from './observed-engine.ts';
import { observeStore } from './observed-store.ts';
import { createPrometheus } from './prometheus.ts';

test('appends are counted with what they say of deployments, and those that fail by their code', async (t) => {
  const metrics = createPrometheus();
  const store = observeStore(await openStore(await folderFor(t)), { metrics, clock });
  t.after(() => store.close());
  const entries = byTester(accepted('d-1'), ended('d-1', 'rolled-back'));
  const request = { appends: [{ stream: 'deployment/d-1', expectedVersion: 0, entries }] };
  await store.append(request, soon());
  await assert.rejects(store.append(request, soon()), (error) => isFault(error, 'store.conflict'));
  assert.equal((await store.head(soon())).sequence, 2);
  const text = await metrics.text();
  assert.match(text, /^drayage_ledger_entries_appended_total 2$/m);
  assert.match(text, /^drayage_ledger_append_failures_total\{code="store.conflict"\} 1$/m);
  assert.match(text, /^drayage_ledger_append_duration_seconds_count 2$/m);
  assert.match(text, /^drayage_ledger_appends_in_flight 0$/m);
  assert.match(text, /^drayage_deployments_accepted_total 1$/m);
  assert.match(text, /^drayage_deployments_ended_total\{outcome="rolled-back"\} 1$/m);
  assert.match(text, /^drayage_store_read_duration_seconds_count\{method="head"\} 1$/m);
});

test('a cluster is up as long as looks are answered, and the newest complete look keeps its time', async () => {
  const metrics = createPrometheus();
  const manual = createManualClock(1_700_000_000_000);
  const simulated = createSimulatedEngine({ cluster: 'fe', clock: manual, seed: 1 });
  const engine = observeEngine(simulated, { metrics, clock: manual });
  const look = () => engine.observe({ installation: 'i', environment: 'dev' }, soon());
  assert.doesNotMatch(await metrics.text(), /^drayage_cluster_/m);
  await look();
  const seen = /^drayage_cluster_last_look_timestamp_seconds\{cluster="fe",environment="dev"\} 1700000000$/m;
  assert.match(await metrics.text(), /^drayage_cluster_up\{cluster="fe"\} 1$/m);
  assert.match(await metrics.text(), seen);
  await manual.pass(60_000);
  simulated.trouble({ unreachable: true });
  await assert.rejects(look(), (error) => isFault(error, 'engine.unreachable'));
  const text = await metrics.text();
  assert.match(text, /^drayage_cluster_up\{cluster="fe"\} 0$/m);
  assert.match(text, seen);
  assert.match(
    text,
    /^drayage_engine_call_failures_total\{cluster="fe",verb="observe",code="engine.unreachable"\} 1$/m,
  );
  assert.match(text, /^drayage_engine_call_duration_seconds_count\{cluster="fe",verb="observe"\} 2$/m);
  await engine.close();
  assert.doesNotMatch(await metrics.text(), /^drayage_cluster_/m);
});
