import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { Fault } from '../core/fault.ts';
import { createManualClock } from '../engine/testing/manual-clock.ts';
import { folderFor, openStore } from '../store/sqlite/testing/folder.ts';
import { by, self, streams } from './append.ts';
import type { Pulse } from './drive/driver.ts';
import { createReadiness } from './readiness.ts';

const signal = AbortSignal.timeout(100_000);

async function house(t: TestContext, options: { readonly platform: boolean }) {
  const directory = await folderFor(t);
  const store = await openStore(directory);
  t.after(() => store.close());
  if (options.platform) {
    const digest = 'a'.repeat(64);
    const event = { kind: 'platform-applied', revision: 1, platform: digest, source: digest } as const;
    const entries = by(self, [event]);
    await store.append({ appends: [{ stream: streams.platform, expectedVersion: 0, entries }] }, signal);
  }
  const clock = createManualClock(0);
  const state: { pulse: Pulse; isDraining: boolean; need: Fault | null } = {
    pulse: { rounds: 1, beatAtMs: 0 },
    isDraining: false,
    need: null,
  };
  const recovery = { need: () => state.need };
  const pulse = () => state.pulse;
  const ask = createReadiness({ store, clock, recovery, pulse, isDraining: () => state.isDraining });
  return { directory, store, clock, state, ask: () => ask(signal) };
}

const allWell = { status: 'ok', checks: { store: null, ledger: null, history: null, platform: null, drive: null } };

test('a server is ready when its ledger answers, a platform is in force and its drive loop goes round', async (t) => {
  const { clock, state, ask } = await house(t, { platform: true });
  state.pulse = { rounds: 0, beatAtMs: null };
  const starting = await ask();
  assert.equal(starting.status, 'starting');
  assert.match(starting.checks['drive'] ?? '', /not come round yet/);
  state.pulse = { rounds: 1, beatAtMs: 0 };
  await clock.pass(2_000);
  assert.deepEqual(await ask(), allWell);
  await clock.pass(30_000);
  const hanging = await ask();
  assert.equal(hanging.status, 'failing');
  assert.match(hanging.checks['drive'] ?? '', /for 32 s/);
  state.isDraining = true;
  assert.equal((await ask()).status, 'draining');
});

test('without a platform document a server is not ready, and says so', async (t) => {
  const { ask } = await house(t, { platform: false });
  const reason = 'no platform document has been applied';
  assert.deepEqual(await ask(), { status: 'failing', checks: { ...allWell.checks, platform: reason } });
});

test('a ledger that can be read but not written is not ready, and is again when it can', async (t) => {
  const { directory, clock, ask } = await house(t, { platform: true });
  const other = new DatabaseSync(join(directory, 'ledger.db'));
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const { status, checks } = await ask();
  assert.equal(status, 'failing');
  assert.equal(checks['store'], null);
  assert.ok(checks['ledger'] !== null);
  assert.doesNotMatch(checks['ledger'] ?? '', new RegExp(directory), 'anybody may ask: no folder is named');
  other.exec('ROLLBACK');
  await clock.pass(1_000);
  assert.deepEqual(await ask(), allWell);
});

test('an answer holds for a second, so that asking all the time costs nothing', async (t) => {
  const { store, clock, ask } = await house(t, { platform: true });
  assert.deepEqual(await ask(), allWell);
  await store.close();
  assert.deepEqual(await ask(), allWell);
  await clock.pass(1_000);
  assert.equal((await ask()).status, 'failing');
});

test('a server whose ledger has to be recovered is not ready, and says so', async (t) => {
  const { state, ask } = await house(t, { platform: true });
  state.need = new Fault('recovery.needed', 'The ledger is behind.');
  const found = await ask();
  assert.equal(found.status, 'failing');
  assert.notEqual(found.checks['history'], null);
});
