import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeOf } from '../core/testing/code-of.ts';
import { pageOfNames } from './name-pages.ts';

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/);

test('pages of any size give every name once, in order, even while names come and go', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name), fc.uniqueArray(name), fc.integer({ min: 1, max: 5 }), (kept, passing, limit) => {
      const names = [...new Set([...kept, ...passing])].toSorted();
      const seen: string[] = [];
      let cursor: string | null = null;
      let turn = 0;
      do {
        const present = turn++ % 2 === 0 ? names : kept.toSorted();
        const page: ReturnType<typeof pageOfNames> = pageOfNames(present, { cursor, limit });
        assert.ok(page.items.length <= limit);
        seen.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      assert.deepEqual(seen, [...new Set(seen)].toSorted());
      // What was there all the time is seen, unless the list ended while it was short.
      if (passing.length === 0) assert.deepEqual(seen, kept.toSorted());
    }),
  );
});

test('a cursor that no page gave is refused, and so is a limit out of range', () => {
  for (const cursor of ['', 'x', 'Zm9v=', Buffer.from('UPPER').toString('base64url'), 'a'.repeat(200)])
    assert.equal(
      codeOf(() => pageOfNames(['a'], { cursor, limit: 1 })),
      'request.invalid',
    );
  for (const limit of [0, -1, 1.5, 501, NaN])
    assert.equal(
      codeOf(() => pageOfNames(['a'], { limit })),
      'request.invalid',
    );
});
