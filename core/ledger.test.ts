import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { everywhere } from './access.ts';
import type { LedgerEvent } from './event.ts';
import { sha256 } from './hash.ts';
import {
  chainStart,
  firstPrevious,
  follow,
  leafHash,
  leafHashOf,
  readEvent,
  toPayload,
  type ChainState,
  type LedgerEntry,
} from './ledger.ts';

test('hashes are those of RFC 6962: an empty tree, and the leaf of an empty entry', () => {
  assert.equal(firstPrevious, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(leafHashOf(''), '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
});

/** A whole chain of entries with these payloads. */
function chainOf(payloads: readonly string[]): readonly LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (const [index, text] of payloads.entries()) {
    const before = entries.at(-1);
    entries.push({
      sequence: index + 1,
      time: 1_000 + index,
      stream: 'test',
      kind: 'lease-granted',
      v: 1,
      actor: 'tester',
      payload: { driver: text },
      prev: before === undefined ? firstPrevious : leafHash(before),
    });
  }
  return entries;
}

/** Whether a chain is whole and ends where the original ended. */
function isWhole(entries: readonly LedgerEntry[], head: string): boolean {
  let state: ChainState = chainStart;
  for (const entry of entries) {
    const next = follow(state, entry);
    if ('problem' in next) return false;
    state = next;
  }
  return state.prev === head;
}

const someChain = fc.array(fc.string(), { minLength: 3, maxLength: 12 }).map(chainOf);
const headOf = (entries: readonly LedgerEntry[]) => leafHash(entries.at(-1) ?? assert.fail());

test('an untouched chain is whole', () => {
  fc.assert(fc.property(someChain, (entries) => assert.ok(isWhole(entries, headOf(entries)))));
});

test('any altered member of any entry is found', () => {
  const member = fc.constantFrom('sequence', 'time', 'stream', 'kind', 'v', 'actor', 'payload', 'prev');
  fc.assert(
    fc.property(someChain, fc.nat(), member, (entries, at, name) => {
      const altered = entries.map((entry, index) => {
        if (index !== at % entries.length) return entry;
        const value = entry[name as keyof LedgerEntry];
        return {
          ...entry,
          [name]:
            typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : { driver: 'x', more: 1 },
        };
      });
      assert.ok(!isWhole(altered, headOf(entries)));
    }),
  );
});

test('any dropped, doubled, swapped or cut-off entry is found', () => {
  fc.assert(
    fc.property(someChain, fc.nat(), fc.constantFrom('drop', 'double', 'swap', 'cut'), (entries, at, how) => {
      const index = at % (entries.length - 1);
      const changed = [...entries];
      const [one, two] = [entries[index] ?? assert.fail(), entries[index + 1] ?? assert.fail()];
      if (how === 'drop') changed.splice(index, 1);
      if (how === 'double') changed.splice(index, 0, one);
      if (how === 'swap') changed.splice(index, 2, two, one);
      if (how === 'cut') changed.pop();
      assert.ok(!isWhole(changed, headOf(entries)));
    }),
  );
});

const firstToken: LedgerEntry = {
  sequence: 1,
  time: 1_760_000_000_000,
  stream: 'token/t-1',
  kind: 'token-created',
  v: 1,
  actor: 'drayage',
  payload: { token: 't-1', name: 'first admin', role: 'admin', secretHash: sha256('secret') },
  prev: firstPrevious,
};

test('a token of version 1 reads as one of today that is for ever, for everywhere and no session', () => {
  const event: LedgerEvent = {
    kind: 'token-created',
    token: 't-1',
    name: { kind: 'inline', text: 'first admin' },
    role: 'admin',
    scope: everywhere,
    expiresAt: null,
    use: 'api',
    parent: null,
    secretHash: sha256('secret'),
  };
  assert.deepEqual(readEvent(firstToken), event);
  const written: LedgerEntry = { ...firstToken, v: 3, payload: toPayload(event) };
  assert.deepEqual(readEvent(written), event);
  const second: LedgerEntry = { ...firstToken, v: 2, payload: { ...toPayload(event), name: 'first admin' } };
  assert.deepEqual(readEvent(second), event);
});

test('reading an entry of an older version leaves the entry and its hash alone', () => {
  const hash = 'aa3171902995628b688cfb699ad796f5ad65130b17ff020c8d9ea018a6af4b8d';
  const before = structuredClone(firstToken);
  readEvent(firstToken);
  assert.deepEqual(firstToken, before);
  assert.equal(leafHash(firstToken), hash);
});

test('what is written now is read as it is, whatever its kind', () => {
  const scope = { environments: ['dev'], services: ['cart-*'] };
  const token = {
    token: 't-2',
    name: { kind: 'person', digest: sha256('ci') },
    role: 'developer',
    scope,
    use: 'session',
    parent: 't-1',
  };
  const payload = { ...token, expiresAt: 5, secretHash: sha256('s') };
  assert.deepEqual(readEvent({ kind: 'token-created', v: 3, payload }), { kind: 'token-created', ...payload });
  assert.deepEqual(readEvent({ kind: 'lease-granted', v: 1, payload: { driver: 'a' } }), {
    kind: 'lease-granted',
    driver: 'a',
  });
});
