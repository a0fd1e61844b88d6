import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftText } from './end-text.ts';
import { keptRows, leftBehind, shownSteps, waveProgress, waveText, type DeployedStep } from './progress.ts';

const none: ReadonlySet<string> = new Set();

function step(id: string, state: DeployedStep['state'], over: Partial<DeployedStep> = {}): DeployedStep {
  return {
    id,
    state,
    spot: { cluster: 'fe', service: id, component: id },
    change: { kind: 'create', to: 'd' },
    fromRelease: null,
    toRelease: '1',
    notes: [],
    cause: null,
    progress: null,
    tasks: [],
    startedAt: null,
    endedAt: null,
    ...over,
  };
}

const idsOf = (steps: readonly DeployedStep[]) => steps.map(({ id }) => id);

test('a wave says how many of its steps are verified, and what the others do', () => {
  const wave = [step('a', 'verified'), step('b', 'started'), step('c', 'failed'), step('d', 'reverted')];
  assert.equal(waveText(waveProgress(wave, none)), '1 of 4 verified, 1 under way, 1 failed, 1 went back');
  assert.equal(waveText(waveProgress([step('a', 'waiting')], none)), '0 of 1 verified');
});

test('a step of which it is not known what runs is counted as unknown', () => {
  const progress = waveProgress([step('a', 'revert-failed')], new Set(['a']));
  assert.equal(waveText(progress), '0 of 1 verified, 1 unknown');
});

test('a large wave shows what moves and failed, and keeps its number of rows while it goes on', () => {
  for (const done of [0, 7, 300, 595]) {
    const wave = Array.from({ length: 600 }, (_, index) =>
      step(`s${index}`, index < done ? 'verified' : index < done + 5 ? 'started' : 'waiting'),
    );
    const shown = shownSteps(wave, { open: none, unknown: none, hasEnded: false });
    assert.equal(shown.length, 24);
    assert.equal(shown.filter(({ state }) => state === 'started').length, 5);
    assert.deepEqual(idsOf(shown), idsOf(wave.filter((each) => shown.includes(each))), 'in the order of the wave');
  }
});

test('rows stay where they are: a step that is shown no longer gives its row to a new one', () => {
  const steps = (...ids: readonly string[]) => ids.map((id) => step(id, 'started'));
  const before = ['a', 'b', 'c'];
  assert.deepEqual(keptRows(before, steps('a', 'c', 'd')), ['a', 'd', 'c']);
  assert.deepEqual(keptRows(before, steps('d', 'e', 'f', 'g')), ['d', 'e', 'f', 'g']);
  assert.deepEqual(keptRows(before, steps('c')), ['c']);
  assert.deepEqual(keptRows([], steps('x', 'y')), ['x', 'y']);
  assert.equal(keptRows(before, steps('c', 'b', 'a')), before);
});

test('a large wave that has ended shows only what did not go well, and what is open', () => {
  const wave = Array.from({ length: 600 }, (_, index) => step(`s${index}`, index === 599 ? 'failed' : 'verified'));
  const shown = shownSteps(wave, { open: new Set(['s3']), unknown: new Set(['s5']), hasEnded: true });
  assert.deepEqual(idsOf(shown), ['s3', 's5', 's599']);
  assert.equal(
    shownSteps(wave.slice(0, 40), { open: none, unknown: none, hasEnded: true }).length,
    40,
    'a small one shows all',
  );
});

test('what ran when a deployment had ended is told by service, and not known where a step is not', () => {
  const change = { fromRelease: '1', toRelease: '2' };
  const of = (service: string) => ({ ...change, spot: { cluster: 'fe', service, component: service } });
  const waves = [
    [step('a', 'verified', change), step('b', 'reverted', change), step('c', 'failed', change)],
    [step('d', 'verified', { fromRelease: '1', toRelease: null }), step('e', 'waiting', change)],
    [step('f1', 'verified', of('f')), step('f2', 'reverted', of('f')), step('g', 'verified', change)],
  ];
  const told = leftBehind({ waves, unknown: ['g'] }).map((left) => `${left.service} ${leftText(left)}`);
  assert.deepEqual(told, ['a 2', 'b 1', 'c not known', 'd not there', 'e 1', 'f 2 and 1', 'g not known']);
});
