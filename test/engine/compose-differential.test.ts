import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openSwarmEngine } from '../../engine/swarm/engine.ts';
import { at, list, record, text } from '../../engine/swarm/json.ts';
import { startPrivateEngine } from '../../local/docker-engine.ts';
import { buildAndPush } from '../../local/images.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { findStackCli } from './support/stack-cli.ts';
import { compareHoldings, describeDifference } from './support/stack-compare.ts';
import { deliberateRules } from './support/stack-deliberate.ts';
import { refusals, type Refusal } from './support/stack-refusals.ts';
import { findRule } from './support/stack-rule.ts';
import type { Holding } from './support/stack-shape.ts';
import { deployedAsRelease, deployedAsStack, type Side, type Sides } from './support/stack-sides.ts';

const folder = join(import.meta.dirname, '../compose');
const signal = AbortSignal.timeout(300_000);

/** What `${VARIABLES}` in the files are; UNSET is none of them. */
const parameters = { LEVEL: 'warn', EMPTY: '', COUNT: '3', TRUTH: 'true', GRACE: '1m5s' };

/** Files under way at the same time. */
const filesAtOnce = 4;

const composeFiles = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
const refused = new Set(refusals.map(({ file }) => file));
const taken = composeFiles.filter((file) => !refused.has(file));

let sides: Sides;
const undo: (() => Promise<unknown>)[] = [];
const usedRules = new Set<number>();

before(async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-differential-')));
  undo.push(async () => await rm(directory, { recursive: true, force: true }));
  const engine = await startPrivateEngine({ directory: join(directory, 'engine'), signal });
  undo.push(async () => await engine.stop());
  const registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine, signal });
  undo.push(async () => await registry.stop());
  const driver = openSwarmEngine({ cluster: 'one', endpoint: engine.endpoint, clock: Date });
  undo.push(async () => await driver.close());
  const contextDirectory = join(directory, 'app');
  await mkdir(contextDirectory);
  await writeFile(join(contextDirectory, 'Dockerfile'), 'FROM busybox:stable\nCMD ["sleep", "1000"]\n');
  const image = await buildAndPush(engine, registry, { name: 'shop/app', tag: '1.0', contextDirectory, signal });
  const { Version } = record(await engine.api.ask({ method: 'GET', path: '/version', signal }));
  const configDirectory = join(directory, 'docker-config');
  await mkdir(configDirectory);
  const vars = { REGISTRY: registry.host };
  const cli = await findStackCli({
    endpoint: engine.endpoint,
    engineVersion: String(Version),
    configDirectory,
    variables: { ...vars, ...parameters },
  });
  console.log(`docker stack deploy is that of ${cli.program}, ${cli.version}`);
  await keepIdle(engine.api);
  sides = { cli, engine, driver, image, written: `${registry.host}/shop/app:1.0`, vars, parameters, signal };
});

after(async () => {
  for (const step of undo.toReversed()) await step();
});

/** Lets no task start: what is compared is what the engine is asked for. */
async function keepIdle(api: Sides['engine']['api']): Promise<void> {
  const [node] = list(await api.ask({ method: 'GET', path: '/nodes', signal }));
  const version = String(at(node, 'Version', 'Index'));
  const body = { ...record(at(node, 'Spec')), Availability: 'drain' };
  await api.ask({ method: 'POST', path: `/nodes/${text(node, 'ID') ?? ''}/update?version=${version}`, body, signal });
}

test('at least forty files are compared, and every refusal has its file', () => {
  assert.ok(taken.length >= 40, `only ${taken.length} files`);
  assert.deepEqual(
    refusals.filter(({ file }) => !composeFiles.includes(file)),
    [],
  );
});

describe('what docker stack deploy and Drayage make of the same file', { concurrency: filesAtOnce }, () => {
  for (const file of taken) {
    test(`${file} gives the same on both sides, deliberate differences aside`, async () => {
      const theirs = await deployedAsStack(sides, join(folder, file));
      const ours = await deployedAsRelease(sides, join(folder, file));
      assert.ok(
        theirs.kind === 'taken',
        `docker stack deploy refused it: ${theirs.kind === 'refused' ? theirs.said : ''}`,
      );
      assert.ok(ours.kind === 'taken', `Drayage refused it: ${ours.kind === 'refused' ? ours.said : ''}`);
      assert.ok(theirs.holding.services.size > 0);
      const open: string[] = [];
      const of = { file, components: theirs.holding.services.size };
      for (const difference of compareHoldings(theirs.holding, ours.holding)) {
        const rule = findRule(deliberateRules, difference, of);
        if (rule === null) open.push(describeDifference(difference));
        else usedRules.add(rule);
      }
      assert.equal(open.join('\n'), '');
    });
  }
});

describe('what only one side takes, or none', { concurrency: filesAtOnce }, () => {
  for (const { file, ...expected } of refusals) {
    test(`${file} is ${outcomeOf(expected.theirs)} by docker stack deploy and ${outcomeOf(expected.ours)} by Drayage`, async () => {
      const theirs = answerOf(await deployedAsStack(sides, join(folder, file)));
      const ours = answerOf(await deployedAsRelease(sides, join(folder, file)));
      for (const [answer, wanted] of [
        [theirs, expected.theirs],
        [ours, expected.ours],
      ] as const) {
        if (wanted === 'taken') assert.equal(answer, 'taken');
        else assert.match(answer, wanted);
      }
    });
  }
});

function outcomeOf(expected: Refusal['theirs']): string {
  return expected === 'taken' ? 'taken' : 'refused';
}

function answerOf(side: Side): string {
  return side.kind === 'taken' ? 'taken' : side.said;
}

test('a value, a member or an object that one side has otherwise is a difference, and only its own value excuses it', () => {
  const holding = (services: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Holding => ({
    services: new Map(Object.entries(services).map(([name, members]) => [name, new Map(Object.entries(members))])),
    networks: new Map(),
    configs: new Map(),
  });
  const found = compareHoldings(
    holding({ web: { same: ['a'], order: ['a', 'b'], gone: 1, 'UpdateConfig.Order': 'stop-first' }, db: {} }),
    holding({ web: { same: ['a'], order: ['b', 'a'], more: 0, 'UpdateConfig.Order': 'start-first' } }),
  );
  assert.deepEqual(found.map(describeDifference), [
    'service db : theirs "there", ours (absent)',
    'service web UpdateConfig.Order: theirs "stop-first", ours "start-first"',
    'service web gone: theirs 1, ours (absent)',
    'service web more: theirs (absent), ours 0',
    'service web order: theirs ["a","b"], ours ["b","a"]',
  ]);
  const of = { file: 'plain.yaml', components: 2 };
  const excused = found.filter((difference) => findRule(deliberateRules, difference, of) !== null);
  assert.deepEqual(
    excused.map(({ field }) => field),
    ['UpdateConfig.Order'],
  );
});

test('every deliberate difference is met in some file', () => {
  const unused = deliberateRules
    .filter((_, index) => !usedRules.has(index))
    .map(({ object, field }) => `${object} ${field}`);
  assert.deepEqual(unused, []);
});
