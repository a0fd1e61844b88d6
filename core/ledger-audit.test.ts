import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from './json.ts';
import { createLedgerAudit, type Audit, type Reach } from './ledger-audit.ts';
import { readCheckpoint, readReceipt, type Evidence } from './ledger-evidence.ts';
import { firstPrevious, leafHash, type LedgerEntry } from './ledger.ts';
import { chain, checkpointOf, handOver, makeKey, receiptOf, type Made, type TestKey } from './testing/signed-ledger.ts';
import { formatVerifierKey, type VerifierKey } from './tree/note.ts';

const name = 'drayage/0123456789abcdef';
const key = makeKey(name);

/** Grants of the lease, told apart by their number. */
function grants(count: number): readonly Made[] {
  return Array.from({ length: count }, (_, index) => ({ payload: { driver: `d-${index}` } }));
}

function named(by: TestKey, previous: TestKey | null, handover: string | null): Made {
  const payload: JsonObject = {
    key: formatVerifierKey(by.verifier),
    previous: previous === null ? null : formatVerifierKey(previous.verifier),
    handover,
  };
  return { kind: 'signing-key-changed', payload };
}

const recovered: Made = { kind: 'ledger-recovered', payload: { generationBase: 9, lost: null, highestSeen: 9 } };

interface Given {
  readonly keys?: readonly VerifierKey[];
  readonly evidence?: readonly Evidence[];
  readonly reach?: Reach | null;
}

function audit(entries: readonly LedgerEntry[], { keys = [], evidence = [], reach = null }: Given = {}): Audit {
  const machine = createLedgerAudit({ keys, evidence });
  for (const entry of entries) {
    const { sequence, prev, kind, payload } = entry;
    machine.add({ sequence, prev, kind, payload, leaf: leafHash(entry), storedHash: null });
  }
  return machine.end(reach);
}

function receipt(entries: readonly LedgerEntry[], sequence: number, size: number, by = key): Evidence {
  return readReceipt('r.tlog-proof', receiptOf(entries, sequence, size, by)) ?? assert.fail();
}

function checkpoint(entries: readonly LedgerEntry[], size: number, by = key): Evidence {
  return readCheckpoint('checkpoint', checkpointOf(entries, size, by)) ?? assert.fail();
}

const kindsOf = ({ findings }: Audit) => findings.map((finding) => finding.kind);

test('a whole ledger agrees with every receipt and checkpoint that was ever given of it', () => {
  const entries = chain([named(key, null, null), ...grants(20)]);
  const evidence = [1, 2, 7, 8, 21].flatMap((size) => [
    checkpoint(entries, size),
    ...[1, size].map((sequence) => receipt(entries, sequence, size)),
  ]);
  const found = audit(entries, { evidence, keys: [key.verifier] });
  assert.deepEqual([found.kind, found.entries, found.findings], ['whole', 21, []]);
  assert.equal(found.proofs.length, 15);
  assert.equal(found.head, leafHash(entries.at(-1) ?? assert.fail()));
});

test('an empty ledger is whole, and one with evidence of entries is not', () => {
  const empty = audit([]);
  assert.deepEqual([empty.kind, empty.entries, empty.head, empty.root], ['whole', 0, firstPrevious, firstPrevious]);
  const gone = audit([], { evidence: [receipt(chain(grants(3)), 2, 3)], keys: [key.verifier] });
  assert.deepEqual([gone.kind, kindsOf(gone), gone.findings[0]?.sequence], ['broken', ['missing'], 1]);
});

type Forgery = (made: Made[], at: number) => void;

/** Each forges what the ledger holds; the forger then makes a whole chain of it. */
const forgeries: Record<string, Forgery> = {
  'an altered entry': (made, at) => void (made[at] = { payload: { driver: 'forged' } }),
  'a dropped entry': (made, at) => void made.splice(at, 1),
  'two swapped entries': (made, at) => {
    const [a, b] = [made[at], made[at + 1]];
    if (a !== undefined && b !== undefined) [made[at], made[at + 1]] = [b, a];
  },
  'an inserted entry': (made, at) => void made.splice(at, 0, { payload: { driver: 'forged' } }),
  'everything from here cut off': (made, at) => void made.splice(at),
};

test('whatever is altered, dropped, swapped, put in or cut off below a receipt is found, though all hashes were made anew (property)', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(forgeries)),
      fc.integer({ min: 3, max: 70 }),
      fc.nat(1_000),
      fc.nat(1_000),
      (what, size, where, which) => {
        const made = grants(size + 3);
        const kept = receipt(chain(made), (which % size) + 1, size);
        const forged = [...made];
        forgeries[what]?.(forged, where % (size - 1));
        const found = audit(chain(forged), { evidence: [kept], keys: [key.verifier] });
        assert.equal(found.kind, 'broken', `${what} at ${where % (size - 1)} of ${size}`);
        assert.ok(found.findings.every((finding) => finding.problem.includes('r.tlog-proof')));
        for (const finding of found.findings) seen.add(finding.kind);
      },
    ),
    { numRuns: 150 },
  );
  assert.deepEqual([...seen].toSorted(), ['missing', 'rewritten']);
});

test('without any evidence, what is altered, dropped, swapped or put in by hand is found at its place (property)', () => {
  const entries = chain(grants(40));
  const last = entries.at(-1) ?? assert.fail();
  const reach = { sequence: last.sequence, hash: leafHash(last), by: 'the head' };
  const at = fc.nat(38);
  const spoil: Record<string, (all: LedgerEntry[], at: number) => number> = {
    altered(all, index) {
      all[index] = { ...(all[index] ?? last), actor: 'somebody' };
      return index + 2; // the one after no longer continues it
    },
    dropped(all, index) {
      all.splice(index, 1);
      return index + 1;
    },
    swapped(all, index) {
      [all[index], all[index + 1]] = [all[index + 1] ?? last, all[index] ?? last];
      return index + 1;
    },
    'put in'(all, index) {
      all.splice(index, 0, { ...(all[index] ?? last), actor: 'somebody' });
      return index + 2;
    },
    'cut off'(all, index) {
      all.splice(index);
      return index + 1;
    },
  };
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(spoil)), at, (how, index) => {
      const all = [...entries];
      const expected = spoil[how]?.(all, index);
      const { kind, findings } = audit(all, { reach });
      assert.equal(kind, 'broken');
      assert.equal(findings[0]?.sequence, expected, `${how} at ${index}: ${findings[0]?.problem}`);
    }),
    { numRuns: 200 },
  );
});

test('a last entry that was altered is found by the head that somebody else knows', () => {
  const entries = chain(grants(3));
  const reach = { sequence: 3, hash: firstPrevious, by: "the server's head" };
  const { kind, findings } = audit(entries, { reach });
  assert.deepEqual([kind, findings.length, findings[0]?.sequence], ['broken', 1, 3]);
  assert.match(findings[0]?.problem ?? '', /the server's head/);
});

test('a stored hash that is not that of the content names the very entry', () => {
  const machine = createLedgerAudit({ keys: [], evidence: [] });
  for (const entry of chain(grants(5))) {
    const { sequence, prev, kind, payload } = entry;
    const storedHash = sequence === 4 ? firstPrevious : leafHash(entry);
    machine.add({ sequence, prev, kind, payload, leaf: leafHash(entry), storedHash });
  }
  const { findings, entries } = machine.end(null);
  assert.deepEqual([findings.length, findings[0]?.sequence, entries], [1, 4, 3]);
});

test('with no key given the first that the ledger names is trusted, and the audit says so', () => {
  const entries = chain([named(key, null, null), ...grants(4)]);
  const found = audit(entries, { evidence: [checkpoint(entries, 5)] });
  assert.equal(found.kind, 'whole');
  assert.deepEqual(found.keys, [{ key: formatVerifierKey(key.verifier), because: 'first-use', sequence: 1 }]);
});

test('a key that was handed over is trusted, forward and backward, and one that only names itself is not', () => {
  const [second, third, thief] = [makeKey(name), makeKey(name), makeKey(name)];
  const entries = chain([
    named(key, null, null),
    ...grants(2),
    named(second, key, handOver(key, second)),
    ...grants(2),
    named(third, second, handOver(second, third)),
    named(thief, third, handOver(second, thief)),
    ...grants(2),
  ]);
  const all = [checkpoint(entries, 3, key), checkpoint(entries, 6, second), checkpoint(entries, 9, third)];
  for (const given of [[], [key.verifier], [second.verifier], [third.verifier]])
    assert.equal(audit(entries, { evidence: all, keys: given }).proofs.length, 3);
  const stolen = audit(entries, { evidence: [checkpoint(entries, 9, thief)], keys: [key.verifier] });
  assert.deepEqual([stolen.kind, kindsOf(stolen), stolen.proofs], ['unknown', ['unproven'], []]);
  assert.equal(audit(entries, { evidence: [checkpoint(entries, 9, thief)], keys: [thief.verifier] }).kind, 'whole');
});

test('a key that a forger lets hand over to the trusted one is not trusted for that', () => {
  const [forger, trusted] = [makeKey(name), makeKey(name)];
  const entries = chain([named(forger, null, null), ...grants(2), named(trusted, forger, handOver(forger, trusted))]);
  const found = audit(entries, { evidence: [checkpoint(entries, 4, forger)], keys: [trusted.verifier] });
  assert.deepEqual([found.kind, kindsOf(found), found.proofs], ['unknown', ['unproven'], []]);
});

test('a receipt that nobody trusted signed, or that contradicts itself, proves nothing and accuses nobody', () => {
  const entries = chain([named(key, null, null), ...grants(6)]);
  const strange = receipt(entries, 2, 5, makeKey('elsewhere'));
  assert.deepEqual(kindsOf(audit(entries, { evidence: [strange] })), ['unproven']);
  const good = receipt(entries, 2, 5);
  const odd: Evidence = { ...good, receipt: { ...(good.receipt ?? assert.fail()), index: 2 } };
  const found = audit(entries, { evidence: [odd] });
  assert.deepEqual([found.kind, kindsOf(found)], ['unknown', ['unproven']]);
  assert.deepEqual(kindsOf(audit(chain(grants(3)), { evidence: [good] })), ['unproven'], 'no key is known');
});

test('what a recovery left behind is lost by name, and what came after it is held against the new origin', () => {
  const again = makeKey(`${name}/1`);
  const before = [named(key, null, null), ...grants(5)];
  const old = chain([...before, ...grants(4)]);
  const entries = chain([...before, recovered, named(again, key, handOver(key, again)), ...grants(3)]);
  const lost = audit(entries, { evidence: [receipt(old, 9, 10)] });
  assert.deepEqual([lost.kind, kindsOf(lost), lost.findings[0]?.sequence], ['broken', ['lost'], 7]);
  assert.match(lost.findings[0]?.problem ?? '', /entries 7 to 10 are lost.*entry 7 records/);
  const kept = [receipt(old, 3, 6), receipt(entries, 9, 11, again)];
  const found = audit(entries, { evidence: kept });
  assert.deepEqual([found.kind, found.proofs.length], ['whole', 2]);
  const other = chain([...before, recovered, named(again, key, handOver(key, again)), ...grants(2), { payload: {} }]);
  assert.deepEqual(kindsOf(audit(other, { evidence: kept })), ['rewritten']);
  const gone = audit(entries.slice(0, 9), { evidence: [receipt(entries, 9, 11, again)] });
  assert.deepEqual([kindsOf(gone), gone.findings[0]?.sequence], [['missing'], 10]);
});

test('evidence that comes after the last entry counts, and one that came too late is no accusation', () => {
  const entries = chain([named(key, null, null), ...grants(4)]);
  const run = (size: number): Audit => {
    const machine = createLedgerAudit({ keys: [], evidence: [] });
    for (const entry of entries) {
      const { sequence, prev, kind, payload } = entry;
      machine.add({ sequence, prev, kind, payload, leaf: leafHash(entry), storedHash: null });
    }
    machine.addEvidence(checkpoint(entries, size));
    return machine.end(null);
  };
  assert.equal(run(5).kind, 'whole');
  assert.deepEqual([run(3).kind, kindsOf(run(3))], ['unknown', ['unproven']]);
});
