import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { grantOf, isBefore, type Ask, type Claim } from '../../core/rollout/starts.ts';
import { createClusterBook, type Account } from './cluster-book.ts';

const limit = 6;
const keys = ['a', 'b', 'c', 'd', 'e'];
const move = fc.record({
  key: fc.constantFrom(...keys),
  /** What becomes of the goal: it is gone, it waits, or it has what it wanted. */
  becomes: fc.constantFrom('gone', 'waits', 'stands'),
  starts: fc.integer({ min: 0, max: 3 }),
  granted: fc.boolean(),
  wants: fc.integer({ min: 1, max: 4 }),
  isRollback: fc.boolean(),
});

/** The answer by what the sums and lines stand for: every account looked at. */
function grantFromAll(accounts: readonly Claim[], ask: Ask): number | null {
  const others = accounts.filter(({ key }) => key !== ask.key);
  const waiting = others.filter(({ waits }) => waits !== null && isBefore(waits, ask));
  const rank = ({ waits }: Claim) => (waits?.isRollback === true ? 0 : 1_000_000) + (waits?.place ?? 0);
  return grantOf(
    limit,
    {
      starts: others.reduce((sum, { starts }) => sum + starts, 0),
      isQuiet: accounts.every(({ granted, starts }) => !granted || starts === 0),
      ahead: waiting.toSorted((a, b) => rank(a) - rank(b)),
    },
    ask,
  );
}

test('the sums and lines of a cluster say what looking at every goal would say', () => {
  const answers = { granted: 0, waits: 0 };
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60, size: 'max' }), (moves) => {
      const book = createClusterBook();
      const known = new Map<string, Account>();
      let place = 0;
      for (const { key, becomes, starts, granted, wants, isRollback } of moves) {
        const before = known.get(key);
        // As the throttle does it: who waits on in the same line keeps the place.
        const kept = before?.waits?.isRollback === isRollback ? before.waits.place : place++;
        const waits = becomes === 'waits' ? { starts: wants, isRollback, place: kept } : null;
        const after: Account = { key, cluster: 'fe', deployment: 'd', goal: 'g', limit: null, starts, granted, waits };
        book.change(before, becomes === 'gone' ? undefined : after);
        if (becomes === 'gone') known.delete(key);
        else known.set(key, after);
        for (const asking of keys) {
          const own = known.get(asking);
          const now = own?.starts ?? 0;
          const at = own?.waits ?? { isRollback, place };
          const ask: Ask = { key: asking, now, least: now + 1, most: now + wants, ...at };
          const answer = grantOf(limit, book.others(ask), ask);
          assert.equal(answer, grantFromAll([...known.values()], ask));
          answers[answer === null ? 'waits' : 'granted'] += 1;
        }
        assert.equal(
          book.starts(),
          [...known.values()].reduce((sum, account) => sum + account.starts, 0),
        );
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(answers.granted > 100 && answers.waits > 100, JSON.stringify(answers));
});
