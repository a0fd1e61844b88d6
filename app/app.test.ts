import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Fault, isFault } from '../core/fault.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Target } from '../core/workload.ts';
import { codeOfAsync } from '../core/testing/code-of.ts';
import { createHouses, registerRelease, testAdmin as actor, type House } from '../test/support/app-house.ts';
import type { DeployAnswer, DeploymentDetail, PlanInput } from './api.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

async function house(change: { waiting?: string; onFailure?: string } = {}): Promise<House> {
  const { waiting = 'queue', onFailure = 'roll-back' } = change;
  return houses.house(
    `environments:\n  dev: { clusters: [fe], waiting: ${waiting}, onFailure: ${onFailure}, stepDeadline: 30s }\n`,
  );
}

async function release(it: House, service: string, version: string, extra = ''): Promise<void> {
  await registerRelease(it, actor, { service, version, extra }, signal);
}

const spec = (services: Record<string, string>, revision?: number): PlanInput => ({
  wanted: {
    kind: 'document',
    document: {
      name: 'dev.yaml',
      text: `apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\n${revision === undefined ? '' : `revision: ${revision}\n`}services: ${JSON.stringify(services)}\n`,
    },
    base: null,
  },
  allowRemove: [],
  allowOlder: [],
});

async function deploy(
  { running }: House,
  input: PlanInput,
  idempotencyKey: string | null = null,
): Promise<DeployAnswer> {
  return running.app.deploy(actor, { ...input, expectPlan: null, idempotencyKey }, signal);
}

async function accepted(of: House, input: PlanInput): Promise<string> {
  const answer = await deploy(of, input);
  assert.ok(answer.kind === 'accepted', answer.kind);
  return answer.deployment;
}

async function ended(of: House, id: string): Promise<DeploymentDetail & { readonly outcome: Outcome | null }> {
  for (;;) {
    const detail = await of.running.app.deployment(id, signal);
    if (detail.row.phase === 'ended') return { ...detail, outcome: detail.row.outcome };
    await clock.sleep(300, signal);
  }
}

async function until(of: House, id: string, check: (detail: DeploymentDetail) => boolean): Promise<void> {
  while (!check(await of.running.app.deployment(id, signal))) await clock.sleep(100, signal);
}

const versions = async ({ running }: House) =>
  Object.fromEntries(
    (await running.app.environment('dev', signal)).components.map((it) => [it.service, `${it.release} ${it.health}`]),
  );

test('a spec is deployed, verified, and then there is nothing to do', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'site', '1', 'x-drayage: { needs: [cart] }\n');
  const detail = await ended(it, await accepted(it, spec({ cart: '1', site: '1' })));
  assert.equal(detail.outcome, 'succeeded');
  assert.deepEqual(
    detail.plan.waves.map((wave) => wave.map((step) => step.id)),
    [['fe/cart/cart'], ['fe/site/site']],
  );
  assert.deepEqual(await versions(it), { cart: '1 healthy', site: '1 healthy' });
  const before = await it.running.app.entries(0, 1, signal);
  const again = await deploy(it, spec({ cart: '1', site: '1' }));
  assert.deepEqual([again.kind, 'revision' in again && again.revision], ['nothing-to-do', 1]);
  assert.deepEqual((await it.running.app.entries(0, 1, signal)).head, before.head);
  assert.deepEqual(it.errors, []);
});

test('a version that crashes is rolled back to what ran, with the cause and its last log lines', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '2-crash');
  await ended(it, await accepted(it, spec({ cart: '1' })));
  const detail = await ended(it, await accepted(it, spec({ cart: '2-crash' })));
  assert.equal(detail.outcome, 'rolled-back');
  assert.ok(detail.rollout.phase === 'ended' && detail.rollout.cause?.kind === 'task-failed');
  const { cause } = detail.rollout;
  assert.notEqual(cause.exitCode, 0);
  const excerpt = detail.excerpts.get(cause.logs ?? '');
  assert.ok(typeof excerpt === 'object' && excerpt.lines.length > 0);
  assert.deepEqual(await versions(it), { cart: '1 healthy' });
  assert.equal((await it.running.app.environment('dev', signal)).revision, 1);
  assert.equal((await deploy(it, spec({ cart: '1' }))).kind, 'nothing-to-do');
});

test('a first deployment that fails leaves nothing behind', async () => {
  const it = await house();
  await release(it, 'cart', '1-missing');
  const detail = await ended(it, await accepted(it, spec({ cart: '1-missing' })));
  assert.equal(detail.outcome, 'rolled-back');
  assert.deepEqual(await versions(it), {});
});

test('what never becomes healthy ends at its deadline', async () => {
  const it = await house();
  await release(it, 'cart', '1-sick', 'x-drayage: { deadline: 10s }\n');
  const detail = await ended(it, await accepted(it, spec({ cart: '1-sick' })));
  assert.equal(detail.outcome, 'rolled-back');
});

test('what the engine refuses outright leaves the record as it was, also of what runs', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '2');
  await release(it, 'site', '1');
  await ended(it, await accepted(it, spec({ cart: '1' })));
  const real = { ...it.engine };
  Object.assign(it.engine, {
    apply: async (...[request, at]: Parameters<typeof real.apply>) => {
      const { service } = request.target.workload;
      if (service === 'site' || request.target.release === '2') throw new Fault('engine.refused', 'invalid mount');
      return await real.apply(request, at);
    },
  });
  await it.restart();
  for (const services of [{ cart: '2' }, { cart: '1', site: '1' }] as const) {
    const { outcome, rollout } = await ended(it, await accepted(it, spec(services)));
    assert.equal(outcome, 'rolled-back');
    assert.equal(rollout.phase === 'ended' && rollout.cause?.kind, 'engine-refused');
    assert.deepEqual(await versions(it), { cart: '1 healthy' });
    assert.equal((await deploy(it, spec({ cart: '1' }))).kind, 'nothing-to-do');
  }
});

test('with onFailure: leave a failed change stays and is named as unknown', async () => {
  const it = await house({ onFailure: 'leave' });
  await release(it, 'cart', '1-crash');
  const detail = await ended(it, await accepted(it, spec({ cart: '1-crash' })));
  assert.equal(detail.outcome, 'failed');
  assert.deepEqual(detail.rollout.phase === 'ended' && detail.rollout.unknown, ['fe/cart/cart']);
  assert.equal((await it.running.app.environment('dev', signal)).components[0]?.settled, false);
});

test('a service that was left behind goes only when its removal is allowed by name', async () => {
  const it = await house({ onFailure: 'leave' });
  await release(it, 'cart', '1');
  await release(it, 'site', '1-crash');
  await ended(it, await accepted(it, spec({ cart: '1' })));
  assert.equal((await ended(it, await accepted(it, spec({ cart: '1', site: '1-crash' })))).outcome, 'failed');
  assert.equal(await codeOfAsync(() => deploy(it, spec({ cart: '1' }))), 'spec.removal');
  const allowed = { ...spec({ cart: '1' }), allowRemove: ['site'] };
  assert.equal((await ended(it, await accepted(it, allowed))).outcome, 'succeeded');
  assert.deepEqual(await versions(it), { cart: '1 healthy' });
});

test('a second deployment of a service waits visibly for the first; one of another service does not', async () => {
  const it = await house();
  for (const [service, version] of [
    ['cart', '1'],
    ['cart', '2'],
    ['site', '1'],
  ] as const)
    await release(it, service, version);
  const first = await accepted(it, spec({ cart: '1' }));
  const change = (set: Record<string, string>): PlanInput => ({
    wanted: { kind: 'change', environment: 'dev', set },
    allowRemove: [],
    allowOlder: [],
  });
  const second = await accepted(it, change({ cart: '2' }));
  const other = await accepted(it, change({ site: '1' }));
  const waits = await it.running.app.deployment(second, signal);
  assert.deepEqual(waits.waitsFor, [{ deployment: first, services: ['cart'] }]);
  assert.deepEqual((await it.running.app.deployment(other, signal)).waitsFor, []);
  assert.equal((await ended(it, other)).outcome, 'succeeded');
  assert.equal((await ended(it, first)).outcome, 'succeeded');
  assert.equal((await ended(it, second)).outcome, 'succeeded', 'it was planned on what the first leads to');
  assert.deepEqual(await versions(it), { cart: '2 healthy', site: '1 healthy' });
});

test('a deployment of many services names a few of them in its reason, which stands in every list', async () => {
  const it = await house();
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  for (const name of names) await release(it, name, '1');
  const set = Object.fromEntries(names.map((name) => [name, '1']));
  const id = await accepted(it, {
    wanted: { kind: 'change', environment: 'dev', set },
    allowRemove: [],
    allowOlder: [],
  });
  assert.equal((await it.running.app.deployment(id, signal)).row.reason, 'set a=1 b=1 c=1 d=1 e=1 and 2 more');
});

test('a newer deployment ends one that still waits, where the environment says so', async () => {
  const it = await house({ waiting: 'supersede' });
  for (const version of ['1', '2', '3']) await release(it, 'cart', version);
  const first = await accepted(it, spec({ cart: '1' }));
  await until(it, first, (detail) => detail.row.phase === 'active');
  const second = await accepted(it, spec({ cart: '2' }));
  const third = await accepted(it, spec({ cart: '3' }));
  assert.equal((await ended(it, second)).outcome, 'superseded');
  assert.equal((await ended(it, first)).outcome, 'succeeded');
  assert.notEqual((await ended(it, third)).outcome, 'superseded');
});

test('cancel rolls an active deployment back, ends a waiting one, and is refused afterwards', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '2');
  const first = await accepted(it, spec({ cart: '1' }));
  await until(it, first, (detail) => detail.row.phase === 'active');
  const waiting = await accepted(it, spec({ cart: '2' }));
  await it.running.app.cancel(actor, waiting, false, signal);
  assert.equal((await ended(it, waiting)).outcome, 'cancelled');
  await it.running.app.cancel(actor, first, false, signal);
  assert.equal((await ended(it, first)).outcome, 'cancelled');
  assert.deepEqual(await versions(it), {});
  assert.equal(await codeOfAsync(() => it.running.app.cancel(actor, first, false, signal)), 'deployment.ended');
});

test('rollback brings back what an earlier deployment made', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '2');
  const first = await accepted(it, spec({ cart: '1' }));
  await ended(it, first);
  await ended(it, await accepted(it, spec({ cart: '2' })));
  const back = await accepted(it, {
    wanted: { kind: 'rollback', environment: 'dev', to: first },
    allowRemove: [],
    allowOlder: [],
  });
  assert.equal((await ended(it, back)).outcome, 'succeeded');
  assert.deepEqual(await versions(it), { cart: '1 healthy' });
  assert.equal((await it.running.app.environment('dev', signal)).revision, 3);
});

test('rollback without a name goes back one step further each time, and refuses where nothing ran before', async () => {
  const it = await house();
  const back: PlanInput = {
    wanted: { kind: 'rollback', environment: 'dev', to: null },
    allowRemove: [],
    allowOlder: [],
  };
  for (const version of ['1', '2', '3']) {
    await release(it, 'cart', version);
    await ended(it, await accepted(it, spec({ cart: version })));
  }
  for (const version of ['2', '1']) {
    assert.equal((await ended(it, await accepted(it, back))).outcome, 'succeeded');
    assert.deepEqual(await versions(it), { cart: `${version} healthy` });
  }
  assert.equal(await codeOfAsync(() => deploy(it, back)), 'spec.revision-unknown');
});

test('the same idempotency key is the same deployment, and with another request it is refused', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '2');
  const answers = await Promise.all(Array.from({ length: 8 }, () => deploy(it, spec({ cart: '1' }), 'key')));
  assert.equal(new Set(answers.map((answer) => 'deployment' in answer && answer.deployment)).size, 1);
  assert.deepEqual(answers.map((answer) => answer.kind).filter((kind) => kind === 'accepted').length, 1);
  assert.equal(await codeOfAsync(() => deploy(it, spec({ cart: '2' }), 'key')), 'request.key-reused');
});

test('without a key the same plan is joined while it is unfinished', async () => {
  const it = await house();
  await release(it, 'cart', '0-sick');
  await release(it, 'cart', '1');
  // While it waits for another, nothing moves that its plan was made from.
  const sick = await accepted(it, spec({ cart: '0-sick' }));
  await until(it, sick, ({ rollout }) => rollout.phase === 'advancing' && Object.keys(rollout.steps).length > 0);
  const answers = await Promise.all(Array.from({ length: 8 }, () => deploy(it, spec({ cart: '1' }))));
  assert.equal(new Set(answers.map((answer) => 'deployment' in answer && answer.deployment)).size, 1);
});

test('the same release again is the same; with other content it is refused and the difference shown', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '1');
  try {
    await release(it, 'cart', '1', 'x-drayage: { owner: somebody }\n');
    assert.fail('it was taken');
  } catch (error) {
    assert.ok(isFault(error, 'release.differs'));
    assert.match(error.message, /somebody/);
  }
});

test('a restart in the middle of a rollout or of a rollback changes nothing about its end', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '2-crash');
  const good = await accepted(it, spec({ cart: '1' }));
  await until(
    it,
    good,
    (detail) => detail.rollout.phase === 'advancing' && Object.keys(detail.rollout.steps).length > 0,
  );
  await it.restart();
  assert.equal((await ended(it, good)).outcome, 'succeeded');
  const bad = await accepted(it, spec({ cart: '2-crash' }));
  await until(it, bad, (detail) => detail.rollout.phase === 'reverting');
  await it.restart();
  assert.equal((await ended(it, bad)).outcome, 'rolled-back');
  assert.deepEqual(await versions(it), { cart: '1 healthy' });
});

test('an engine that does not answer for a while is waited for, and said to be', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  it.engine.trouble({ unreachable: true });
  const id = await accepted(it, spec({ cart: '1' }));
  await until(it, id, (detail) => detail.holds.length > 0);
  assert.equal((await it.running.app.environment('dev', signal)).observed[0]?.trouble === null, false);
  it.engine.trouble({ unreachable: false });
  assert.equal((await ended(it, id)).outcome, 'succeeded');
});

test('an engine that never answers is the cause of the end, and what is not known is named', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  it.engine.trouble({ unreachable: true });
  const detail = await ended(it, await accepted(it, spec({ cart: '1' })));
  assert.equal(detail.outcome, 'rollback-failed');
  assert.ok(detail.rollout.phase === 'ended');
  assert.equal(detail.rollout.cause?.kind, 'engine-unreachable');
  assert.deepEqual(detail.rollout.unknown, ['fe/cart/cart']);
  assert.equal((await versions(it))['cart'], '1 unknown');
});

test('when a cluster bears a generation that was never granted, nothing is written or accepted, and it is said why', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  await release(it, 'cart', '2', 'x-drayage: { deadline: 10s }\n');
  const first = await ended(it, await accepted(it, spec({ cart: '1' })));
  const [step] = first.plan.waves.flat();
  assert.ok(step?.change.kind === 'create');
  const target: Target = JSON.parse(
    new TextDecoder().decode((await it.store.blob(step.change.to, signal)) ?? undefined),
  );
  const { installation } = await it.running.app.doctor(signal);
  const writer = { installation, deployment: 'd-later', generation: 1_000_000 };
  await it.engine.apply({ writer, target, files: new Map(), credentials: null, whenTasksFail: 'pause' }, signal);
  while (!it.running.needsRecovery()) await clock.sleep(100, signal);
  assert.match(
    (await it.running.app.doctor(signal)).recovery ?? '',
    /bears generation 1000000, which it never granted/,
  );
  assert.equal(await codeOfAsync(() => deploy(it, spec({ cart: '2' }))), 'recovery.needed');
  await clock.sleep(30_000, signal);
  const [seen] = (await it.engine.observe({ installation, environment: 'dev' }, signal)).workloads;
  assert.deepEqual([seen?.generation, seen?.release], [1_000_000, '1']);
});

test('what does not exist is refused by name', async () => {
  const it = await house();
  await release(it, 'cart', '1');
  assert.equal(await codeOfAsync(() => deploy(it, spec({ nothing: '1' }))), 'service.unknown');
  assert.equal(await codeOfAsync(() => deploy(it, spec({ cart: '9' }))), 'release.unknown');
  assert.equal(await codeOfAsync(() => it.running.app.environment('nowhere', signal)), 'environment.unknown');
  assert.equal(await codeOfAsync(() => it.running.app.deployment('d-x', signal)), 'deployment.unknown');
  assert.equal(await codeOfAsync(() => it.running.app.authenticate('wrong', 'api', signal)), 'auth.wrong');
});
