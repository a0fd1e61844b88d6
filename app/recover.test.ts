import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { readEvent } from '../core/ledger.ts';
import { backupLedger } from '../store/sqlite/backup.ts';
import { restoreLedger } from '../store/sqlite/restore.ts';
import { guardSigner } from './guarded-signer.ts';
import { guardStore } from './guarded-store.ts';
import { Fault } from '../core/fault.ts';
import {
  createHouses,
  registerRelease,
  testAdmin as actor,
  type House,
  type RestartOptions,
  type Wrap,
} from '../test/support/app-house.ts';
import type { DeploymentDetail } from './api.ts';
import type { RecoveryReport } from './recovery-api.ts';

const signal = AbortSignal.timeout(170_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

async function deploy({ running }: House, services: object): Promise<string> {
  const text = JSON.stringify({ apiVersion: 'drayage/v1', kind: 'Deployment', environment: 'dev', services });
  const wanted = { kind: 'document', document: { name: 'd.yaml', text }, base: null } as const;
  const input = { wanted, allowRemove: [], allowOlder: true as const, expectPlan: null, idempotencyKey: null };
  const answer = await running.app.deploy(actor, input, signal);
  assert.ok(answer.kind === 'accepted', answer.kind);
  return answer.deployment;
}

async function until(of: House, id: string, check: (detail: DeploymentDetail) => boolean): Promise<DeploymentDetail> {
  for (;;) {
    const detail = await of.running.app.deployment(id, signal);
    if (check(detail)) return detail;
    await clock.sleep(100, signal);
  }
}

const isEnded = ({ row }: DeploymentDetail) => row.phase === 'ended';

/** Deploys and waits for the end; its outcome. */
async function run(of: House, services: object): Promise<string | null> {
  return (await until(of, await deploy(of, services), isEnded)).row.outcome;
}

/** A house with three releases of cart, and a place for a backup of it. */
async function ground(t: TestContext) {
  const it = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  const folder = await mkdtemp(join(tmpdir(), 'drayage-recover-'));
  t.after(async () => await rm(folder, { recursive: true, force: true }));
  for (const version of ['1', '2', '3']) await registerRelease(it, actor, { service: 'cart', version }, signal);
  await registerRelease(it, actor, { service: 'late', version: '1' }, signal);
  const file = join(folder, 'backup.db');
  let restores = 0;
  return {
    it,
    backUp: async () => await backupLedger({ directory: it.directory, file, replace: true, signal }),
    /** Starts the app anew on the ledger of the backup. */
    restore: async (options: Omit<RestartOptions, 'between'> = {}) => {
      const mark = String((restores += 1));
      const put = { file, directory: it.directory, replace: true, mark, signal };
      await it.restart({ ...options, between: async () => void (await restoreLedger(put)) });
    },
  };
}

const generations = ({ engine }: House) => engine.inspect().writes.map(({ generation }) => generation);
const releaseOn = ({ engine }: House) =>
  engine.inspect().services.map(({ service, release }) => `${service} ${release}`);

/** Nothing but reading works, and it is said everywhere. */
async function assertOnlyRead(it: House, reason: RegExp): Promise<void> {
  const { app } = it.running;
  const before = (await it.store.head(signal)).sequence;
  await assert.rejects(deploy(it, { cart: '3' }), { code: 'recovery.needed' });
  await assert.rejects(registerRelease(it, actor, { service: 'cart', version: '9' }, signal), {
    code: 'recovery.needed',
  });
  const input = { name: 'x', role: 'viewer', scope: { environments: null, services: null }, expiresAt: null } as const;
  await assert.rejects(app.createToken(actor, input, signal), { code: 'recovery.needed' });
  await assert.rejects(app.rotateKey(actor, signal), (error) => error instanceof Fault);
  assert.equal((await it.store.head(signal)).sequence, before);
  const { checks, status } = await app.readiness(signal);
  assert.deepEqual([status, checks['history'] !== null], ['failing', true]);
  assert.match((await app.doctor(signal)).recovery ?? '', reason);
  assert.ok(it.running.needsRecovery());
  assert.ok((await app.overview({}, { limit: 10 }, signal)).services.length > 0);
}

async function recover({ running }: House): Promise<RecoveryReport> {
  const report = await running.app.recovery(signal);
  assert.ok(report.confirm !== null);
  await assert.rejects(running.app.recover(actor, '0'.repeat(64), signal), { code: 'recovery.changed' });
  await running.app.recover(actor, report.confirm, signal);
  return report;
}

for (const keysLost of [true, false]) {
  const told = keysLost ? 'its engines alone' : 'its engines and its checkpoint';
  test(`a restored backup, told by ${told}, is only read until it is recovered; then deployments go on`, async (t) => {
    const { it, backUp, restore } = await ground(t);
    assert.equal(await run(it, { cart: '1' }), 'succeeded');
    await backUp();
    assert.equal(await run(it, { cart: '2', late: '1' }), 'succeeded');
    const used = generations(it);
    await restore({ keysLost });
    assert.equal(it.running.checkpoints.state().kind, keysLost ? 'signing' : 'behind');
    await assertOnlyRead(it, /mark of d-/);
    const { findings, unfinished, signed } = await recover(it);
    assert.deepEqual(
      findings.map(({ kind, service, release }) => [kind, service, release]),
      [
        ['unknown-deployment', 'cart', '2'],
        ['unknown-deployment', 'late', '1'],
      ],
    );
    assert.deepEqual([unfinished, signed === null], [[], keysLost]);
    assert.equal(it.running.needsRecovery(), false);
    assert.deepEqual(generations(it), used, 'a recovery writes to no engine');
    assert.equal(await run(it, { cart: '1' }), 'succeeded');
    assert.ok(
      generations(it)
        .slice(used.length)
        .every((one) => one > Math.max(...used)),
    );
    assert.deepEqual(releaseOn(it).toSorted(), ['cart 1', 'late 1']);
    assert.equal(it.running.checkpoints.state().kind, 'signing');
    assert.match(it.running.checkpoints.key(), /^drayage\/[0-9a-f]{16}\/1\+/);
    await it.restart();
    assert.equal(it.running.needsRecovery(), false);
    assert.equal(await run(it, { cart: '3', late: '1' }), 'succeeded');
  });
}

test('a restored backup of which engines bear no trace is told by its checkpoint alone', async (t) => {
  const { it, backUp, restore } = await ground(t);
  assert.equal(await run(it, { cart: '1' }), 'succeeded');
  await backUp();
  await registerRelease(it, actor, { service: 'cart', version: '4' }, signal);
  const { sequence } = await it.store.head(signal);
  assert.ok(((await it.running.checkpoints.covering(sequence))?.size ?? 0) >= sequence);
  await restore();
  await assertOnlyRead(it, /were signed, and the ledger ends with entry/);
  const { findings, signed } = await recover(it);
  assert.deepEqual([findings, (signed?.size ?? 0) > 0], [[], true]);
  assert.equal(await run(it, { cart: '2' }), 'succeeded');
});

test('what the backup holds unfinished is ended, and never carried out over what came after it', async (t) => {
  const { it, backUp, restore } = await ground(t);
  assert.equal(await run(it, { cart: '1' }), 'succeeded');
  it.engine.trouble({ delayMs: 3_000 });
  const active = await deploy(it, { cart: '2' });
  const waiting = await deploy(it, { cart: '3' });
  await until(it, active, ({ row }) => row.phase === 'active');
  await backUp();
  it.engine.trouble({ delayMs: 0 });
  for (const id of [active, waiting]) await until(it, id, isEnded);
  assert.equal(await run(it, { cart: '3', late: '1' }), 'succeeded');
  const before = it.engine.inspect().services;
  await restore();
  const { unfinished } = await recover(it);
  assert.deepEqual(unfinished.map(({ id }) => id).toSorted(), [active, waiting].toSorted());
  const [first, second] = [await until(it, active, isEnded), await until(it, waiting, isEnded)];
  assert.deepEqual([first.row.outcome, second.row.outcome], ['cancelled', 'refused']);
  await clock.sleep(5_000, signal);
  assert.deepEqual(it.engine.inspect().services, before);
  assert.equal(await run(it, { cart: '3', late: '1' }), 'succeeded');
});

/** Lets so many writes of the ledger and the keys through, and then none: as if the process had died there. */
function dieAfter(writes: number): { readonly wrap: Wrap; readonly done: () => number; arm(): void } {
  let [left, done] = [Infinity, 0];
  const reason = () => {
    if (left <= 0) return new Fault('store.failed', 'The process has died.');
    left -= 1;
    done += 1;
    return null;
  };
  const wrap: Wrap = {
    store: (store) => guardStore(store, reason),
    signer: (signer) => ({
      ...guardSigner(signer, reason),
      async useNext(at) {
        const fault = reason();
        if (fault !== null) throw fault;
        await signer.useNext(at);
      },
    }),
  };
  const arm = () => {
    [left, done] = [writes, 0];
  };
  return { wrap, done: () => done, arm };
}

test('killed between any two steps, a recovery is begun again or has happened; no generation is used twice', async (t) => {
  const { it, backUp, restore } = await ground(t);
  assert.equal(await run(it, { cart: '1' }), 'succeeded');
  it.engine.trouble({ delayMs: 3_000 });
  const active = await deploy(it, { cart: '2' });
  await until(it, active, ({ row }) => row.phase === 'active');
  await backUp();
  it.engine.trouble({ delayMs: 0 });
  await until(it, active, isEnded);
  let [died, again] = [0, 0];
  for (let writes = 0; ; writes += 1) {
    assert.equal(await run(it, { cart: String(3 - (writes % 2)) }), 'succeeded');
    const used = generations(it);
    const death = dieAfter(writes);
    await restore({ wrap: death.wrap });
    const report = await it.running.app.recovery(signal);
    assert.ok(report.confirm !== null, 'it is behind');
    death.arm();
    const fault = await it.running.app.recover(actor, report.confirm, signal).then(
      () => null,
      (error: unknown) => error,
    );
    if (fault !== null) died += 1;
    await it.restart();
    if (it.running.needsRecovery()) {
      again += 1;
      await recover(it);
    }
    assert.equal(it.running.needsRecovery(), false);
    const recoveries = (await it.store.stream('ledger', signal)).filter(({ kind }) => kind === 'ledger-recovered');
    assert.equal(recoveries.length, 1, `after ${writes} writes`);
    assert.equal(readEvent(recoveries[0] ?? assert.fail()).kind, 'ledger-recovered');
    assert.equal((await until(it, active, isEnded)).row.outcome, 'cancelled');
    assert.equal(await run(it, { cart: '1' }), 'succeeded');
    assert.ok(
      generations(it)
        .slice(used.length)
        .every((one) => one > Math.max(...used)),
    );
    assert.equal(it.running.checkpoints.state().kind, 'signing');
    if (fault === null) break;
    assert.ok(writes < 12, 'a recovery has so many writes at most');
  }
  assert.ok(again > 0 && died > again, `died ${died} times, was begun again ${again} times`);
});
