import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../adapter/system-clock.ts';
import { isFault } from '../../core/fault.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Target } from '../../core/workload.ts';
import { label } from '../../engine/swarm/labels.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import type { Store } from '../../port/store.ts';
import { startGround, type Ground } from './support/ground.ts';
import { seededChance, shuffled } from './support/lottery.ts';
import { assertAnswers, containersOf, register, servicesOn } from './support/shop-floor.ts';
import { stubbornly } from './support/stubborn.ts';
import type { WareMode } from './support/ware.ts';

const seed = Number(process.env['SURVIVAL_SEED'] ?? randomInt(2 ** 31));
const kills = Number(process.env['SURVIVAL_KILLS'] ?? 8);
const signal = AbortSignal.timeout(120_000 + kills * 20_000);
const services = ['cart', 'catalog', 'storefront'] as const;

/** What a deployment of all three is like; the storefront is the second wave. */
type Fate = 'good' | 'bad first wave' | 'bad last wave' | 'cancelled';
const fates: readonly Fate[] = ['cancelled', 'bad last wave', 'bad first wave', 'good'];
const rightOutcome: Readonly<Record<Fate, Outcome>> = {
  good: 'succeeded',
  'bad first wave': 'rolled-back',
  'bad last wave': 'rolled-back',
  cancelled: 'cancelled',
};

/** When the server is killed: at any time, or soon after the client sent a request or saw a rollback begin. */
type Moment = 'any' | 'sent' | 'reverting' | 'cancelling';
/** How often each; a moment that has not come when the rest is used up is waited for. */
const left: Record<Moment, number> = {
  sent: Math.ceil(kills / 5),
  reverting: Math.ceil(kills / 10),
  cancelling: Math.ceil(kills / 30),
  any: 0,
};
left.any = kills - left.sent - left.reverting - left.cancelling;
assert.ok(left.any > 0, `${kills} kills are too few for every moment`);
const latestMs: Readonly<Record<Exclude<Moment, 'any'>, number>> = { sent: 40, reverting: 1_000, cancelling: 500 };
const longestPauseMs = 2_500;
const patienceMs = 60_000;

/** One deployment that the client asked for. */
interface Asked {
  readonly key: string;
  readonly fate: Fate;
  readonly text: string;
  /** Every id that an answer to a request with this key named. */
  readonly ids: Set<string>;
}

let ground: Ground;
const chance = seededChance(seed);
const asked: Asked[] = [];
const happened = new EventEmitter();
const killedIn: { readonly moment: Moment; readonly doing: string }[] = [];
let doing = 'nothing';
/** How many kills there had been when a rollback was last seen: each start of the server shows it anew. */
let seenReverting = -1;

before(async () => {
  console.log(`SURVIVAL_SEED=${seed}`);
  ground = await startGround({ tags: ['one', 'two'], environments: { prod: '' }, signal });
});

after(async () => await ground.stop());

async function killAgainAndAgain(): Promise<void> {
  for (let count = 0; count < kills; count++) {
    const moment = await nextMoment();
    left[moment] -= 1;
    if (moment !== 'any') await sleep(chance() * latestMs[moment], undefined, { signal });
    killedIn.push({ moment, doing });
    await ground.server.kill();
    await ground.server.start();
  }
}

/** The first moment that comes of those that are left: any time is after a pause of chance. */
async function nextMoment(): Promise<Moment> {
  const settled = new AbortController();
  const until = { signal: AbortSignal.any([settled.signal, signal]) };
  const events = (['sent', 'reverting', 'cancelling'] as const).filter((moment) => left[moment] > 0);
  const waits: Promise<Moment>[] = events.map(async (moment) => {
    await once(happened, moment, until);
    return moment;
  });
  const pauseMs = left.any > 0 ? chance() * longestPauseMs : patienceMs;
  waits.push(sleep(pauseMs, 'any' as const, until));
  const first = await Promise.race(waits);
  settled.abort();
  await Promise.allSettled(waits);
  assert.ok(left[first] > 0, `${events.join(' and ')} did not come within ${patienceMs} ms`);
  return first;
}

function image(tag: string): string {
  return ground.image(tag).reference.replace(/@.*/, '');
}

function modeOf(service: string, fate: Fate): WareMode {
  if (fate === 'bad first wave') return service === 'cart' ? 'broken' : 'good';
  if (service !== 'storefront' || fate === 'good') return 'good';
  return fate === 'cancelled' ? 'sick' : 'broken';
}

/** Registers and deploys a new version of all three, sees to its end, and remembers what was asked. */
async function deployOnce(round: number, fate: Fate): Promise<void> {
  const { client } = ground.server;
  const version = String(round);
  doing = 'releasing';
  for (const service of services) {
    const needs = service === 'storefront' ? ['cart', 'catalog'] : [];
    const mode = modeOf(service, fate);
    const tag = round % 2 === 0 ? 'one' : 'two';
    const ware = { service, version, mode, needs, image: image(tag), monitor: '1s', deadline: '120s' };
    // The one to be cancelled would never be found out by the engine.
    const retries = fate === 'cancelled' ? 1000 : 3;
    await stubbornly(async () => await register(client, { ...ware, retries }), signal);
  }
  const spec = Object.fromEntries(services.map((service) => [service, version]));
  const text = JSON.stringify({ apiVersion: 'drayage/v1', kind: 'Deployment', environment: 'prod', services: spec });
  const one: Asked = { key: randomUUID(), fate, text, ids: new Set() };
  asked.push(one);
  doing = 'posting';
  await stubbornly(async () => await send(one), signal);
  if (fate === 'cancelled') {
    await sleep(chance() * 3_000, undefined, { signal });
    await stubbornly(async () => await cancel(one), signal);
  }
  await stubbornly(async () => await seeToItsEnd(one), signal);
}

async function send(one: Asked): Promise<void> {
  const document = { name: 'prod.yaml', text: one.text };
  const body = { wanted: { kind: 'document' as const, document, base: null }, allowRemove: [], allowOlder: [] };
  const call = ground.server.client.call('deploy', { body: { ...body, expectPlan: null }, idempotencyKey: one.key });
  happened.emit('sent');
  const answer = await call;
  assert.ok(answer.kind !== 'nothing-to-do');
  one.ids.add(answer.deployment);
}

async function cancel(one: Asked): Promise<void> {
  doing = 'cancelling';
  const call = ground.server.client.call('cancelDeployment', {
    params: { deployment: idOf(one) },
    body: { leave: false },
  });
  happened.emit('cancelling');
  try {
    await call;
  } catch (error) {
    // An earlier attempt of which no answer came has done it.
    if (!isFault(error, 'deployment.reverting') && !isFault(error, 'deployment.ended')) throw error;
  }
}

async function seeToItsEnd(one: Asked): Promise<void> {
  for (;;) {
    const view = await ground.server.client.call('getDeployment', { params: { deployment: idOf(one) } });
    if (view.phase === 'ended') return;
    if (view.reverting && seenReverting < killedIn.length) happened.emit('reverting');
    if (view.reverting) seenReverting = killedIn.length;
    doing = view.reverting ? 'reverting' : view.phase === 'queued' ? 'queued' : 'advancing';
    await sleep(100, undefined, { signal });
  }
}

function idOf({ ids }: Asked): string {
  const [id] = ids;
  assert.ok(id !== undefined);
  return id;
}

test(`a server killed ${kills} times loses nothing, does nothing twice, and ends every deployment rightly`, async () => {
  let isOver = false;
  const killing = killAgainAndAgain().finally(() => (isOver = true));
  await deployOnce(1, 'good');
  // Every fate once, be the killing over or not.
  for (const [index, fate] of fates.entries()) await deployOnce(2 + index, fate);
  for (let round = 2 + fates.length; !isOver; round += fates.length) {
    for (const [index, fate] of shuffled(fates, chance).entries()) if (!isOver) await deployOnce(round + index, fate);
  }
  await killing;
  const tally = Map.groupBy(killedIn, ({ moment, doing: at }) => (moment === 'any' ? at : `${moment}, ${at}`));
  const told = [...tally].map(([name, { length }]) => `${length} ${name}`).join('; ');
  console.log(`fact: ${kills} kills, seed ${seed}, ${asked.length} deployments; by what the client was at: ${told}`);
  for (const fate of fates)
    assert.ok(
      asked.some((one) => one.fate === fate),
      `none was ${fate}`,
    );
  // The same requests once more: the same deployments.
  for (const one of asked) await send(one);
  assert.ok(asked.every(({ ids }) => ids.size === 1));
});

test('every accepted deployment has exactly one outcome, the right one, and no step was begun twice', async () => {
  assert.equal(await ground.server.stop(), 0);
  await withStore(async (store) => {
    const entries = await store.entries(0, 10_000, signal);
    const accepted = entries.filter(({ kind }) => kind === 'deployment-accepted');
    assert.deepEqual(
      accepted.map(({ payload }) => payload['deployment']),
      asked.map(idOf),
    );
    for (const one of asked) assertRightHistory(one, entries);
    const revisions = entries.filter(({ kind }) => kind === 'spec-revised').length;
    assert.equal(revisions, asked.filter(({ fate }) => fate === 'good').length);
  });
});

function assertRightHistory(one: Asked, entries: readonly LedgerEntry[]): void {
  const own = entries.filter(({ stream }) => stream === `deployment/${idOf(one)}`);
  const ends = own.filter(({ kind }) => kind === 'deployment-ended');
  const told = `${idOf(one)}, to be ${one.fate}: ${own.map(({ kind }) => kind).join(', ')}`;
  assert.deepEqual(
    ends.map(({ payload }) => payload['outcome']),
    [rightOutcome[one.fate]],
    told,
  );
  assert.equal(own.at(-1)?.kind, 'deployment-ended', told);
  const moves = own.filter(({ kind }) => kind.endsWith('-started') || kind.endsWith('-verified'));
  const names = moves.map(({ kind, payload }) => JSON.stringify([kind, payload['step'] ?? null]));
  assert.equal(new Set(names).size, names.length, told);
}

test('what runs is what the ledger says, by image and by label', async () => {
  await withStore(async (store) => {
    const running = await servicesOn(ground.engine.api, 'prod');
    const inventory = await store.inventory('prod', signal);
    assert.equal(running.length, services.length);
    for (const row of inventory) {
      assert.ok(row.settled, row.service);
      const target = await targetOf(store, row.target);
      const service = running.find(({ Spec }) => Spec.Labels[label.service] === row.service);
      assert.equal(service?.Spec.Labels[label.workload], target.hash);
      assert.equal(service.Spec.Labels[label.release], target.release);
      const { Image } = service.Spec.TaskTemplate.ContainerSpec;
      assert.equal(Image.split('@')[1], target.workload.image.split('@')[1]);
      assert.equal((await containersOf(ground.engine.api, 'prod', row.service)).length, 1);
      const of = { environment: 'prod', service: row.service, from: 'storefront' };
      await assertAnswers(ground.engine.api, of, new RegExp(`^${row.service} ${target.release} of image`));
    }
  });
});

test('the ledger of all this verifies from its file', async () => {
  const { code, stdout } = await ground.server.dray(['ledger', 'verify', '--file', join(ground.directory, 'data')]);
  assert.equal(code, 0, stdout);
});

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openSqliteStore({ directory: join(ground.directory, 'data'), clock: systemClock, signal });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

async function targetOf(store: Store, digest: string): Promise<Target> {
  const bytes = await store.blob(digest, signal);
  assert.ok(bytes !== null);
  return JSON.parse(new TextDecoder().decode(bytes)) as Target;
}
