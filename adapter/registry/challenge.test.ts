import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseChallenge } from './challenge.ts';

test('a bearer challenge tells realm, service and scope', () => {
  const header =
    'Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a/b:pull"';
  assert.deepEqual(parseChallenge(header), {
    kind: 'bearer',
    realm: 'https://auth.example.com/token',
    service: 'registry.example.com',
    scope: 'repository:a/b:pull',
  });
});

test('values may be tokens, hold commas and escaped quotes, and names may have any case', () => {
  assert.deepEqual(parseChallenge('bearer Realm = "https://a/?x=\\"1\\",2" , SERVICE=reg'), {
    kind: 'bearer',
    realm: 'https://a/?x="1",2',
    service: 'reg',
    scope: null,
  });
});

test('of several challenges bearer goes before basic', () => {
  assert.equal(parseChallenge('Basic realm="x", Bearer realm="https://a"')?.kind, 'bearer');
  assert.equal(parseChallenge('Negotiate, Basic realm="x"')?.kind, 'basic');
});

test('a bearer challenge without a realm, an unknown scheme and rubbish are no challenge', () => {
  for (const header of ['Bearer service="x"', 'Digest realm="x"', '', '=', '"', 'Bearer realm="unended']) {
    assert.equal(parseChallenge(header), null, header);
  }
});

test('no header makes the reader hang or throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (header) => void parseChallenge(header)));
  parseChallenge('Bearer '.repeat(100_000));
});
