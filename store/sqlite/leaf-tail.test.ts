import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createLeafTail } from './leaf-tail.ts';

test('what is remembered of the newest entries is what the ledger holds, whatever was taken back', () => {
  const step = fc.oneof({ weight: 9, arbitrary: fc.constant('append' as const) }, { weight: 1, arbitrary: fc.nat(6) });
  const asked = fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 8 }));
  let given = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 60 }),
      fc.array(asked, { minLength: 5, maxLength: 20 }),
      (steps, questions) => {
        const tail = createLeafTail(8);
        const ledger: string[] = [];
        let written = 0;
        for (const it of steps) {
          if (it === 'append') {
            ledger.push(`hash ${(written += 1)}`);
            tail.add(ledger.length, ledger.at(-1) ?? '');
          } else {
            ledger.length = Math.max(0, ledger.length - it);
            tail.cutBack(ledger.length);
          }
        }
        for (const [back, count] of questions) {
          const from = Math.max(0, ledger.length - back);
          const found = tail.of(from, count);
          if (found === null) continue;
          given += 1;
          assert.deepEqual(found, ledger.slice(from, from + count));
        }
        if (ledger.length >= 8 && steps.every((it) => it === 'append'))
          assert.deepEqual(tail.of(ledger.length - 8, 8), ledger.slice(-8), 'the newest are there');
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(given > 100, `${given} answers were given`);
});

test('after a gap nothing of before is given', () => {
  const tail = createLeafTail(4);
  tail.add(1, 'a');
  tail.add(5, 'e');
  assert.equal(tail.of(0, 1), null);
  assert.deepEqual(tail.of(4, 1), ['e']);
});
