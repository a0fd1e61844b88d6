import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { known } from '../../core/bom/answer.ts';
import { unknownBuild } from '../../core/bom/build.ts';
import { isFault } from '../../core/fault.ts';
import { createHouses, testAdmin } from '../../test/support/app-house.ts';
import type { PlanInput } from '../api.ts';

const signal = AbortSignal.timeout(60_000);
const houses = createHouses(signal);
after(() => houses.close());

function asking(environment: string, version: string): PlanInput {
  const wanted = { kind: 'change', environment, set: { cart: version } } as const;
  return { wanted, allowRemove: [], allowOlder: true };
}

test('an environment that requires answers refuses a release without them by name, and takes one that has them', async () => {
  const { running } = await houses.house(
    'environments:\n  dev: { clusters: [fe] }\n  prod: { clusters: [fe], requires: { bom: [commit, clean, start, tags] } }\n',
  );
  const { app } = running;
  const compose = { name: 'compose.yaml', text: "services: { cart: { image: 'registry.test/cart:1' } }\n" };
  const base = { service: 'cart', compose, files: new Map(), vars: {}, meta: {} };
  await app.registerRelease(testAdmin, { ...base, version: '1' }, signal);
  const commit = known('3b18e512dba79e4c8300dd08aeb37f8e728b8dad', 'git');
  const build = { ...unknownBuild, commit, dirty: known(false, 'git') };
  const release = await app.registerRelease(testAdmin, { ...base, version: '2', build }, signal);
  assert.deepEqual(
    release.evidence.map(({ row }) => row.kind),
    ['build', 'image'],
  );
  assert.deepEqual(release.bom.build.commit, commit);
  await app.plan(asking('dev', '1'), signal);
  await assert.rejects(app.plan(asking('prod', '1'), signal), (error) => {
    assert.ok(isFault(error, 'plan.evidence-missing'));
    assert.deepEqual(error.facts['unmet'], [
      {
        service: 'cart',
        version: '1',
        lacks: ['no answer for commit (nothing told of it)', 'no answer for clean (nothing told of it)'],
      },
    ]);
    return true;
  });
  await assert.rejects(
    app.deploy(testAdmin, { ...asking('prod', '1'), expectPlan: null, idempotencyKey: null }, signal),
    { code: 'plan.evidence-missing' },
  );
  assert.equal((await app.plan(asking('prod', '2'), signal)).plan.waves.length, 1);
});
