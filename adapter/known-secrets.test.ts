import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecretMemory } from './known-secrets.ts';

test('of more than a thousand secrets those noted last are known, and what is noted again is among them', () => {
  const memory = createSecretMemory([]);
  memory.note('kept secret');
  for (let number = 0; number < 999; number++) memory.note(`secret ${number}`);
  assert.equal(memory.forgotten(), 0);
  memory.note('kept secret');
  memory.note('one more');
  assert.ok(memory.values().includes('kept secret'));
  assert.ok(!memory.values().includes('secret 0'));
  assert.deepEqual([memory.values().length, memory.forgotten()], [1_000, 1]);
});

test('what was known at the start is known for ever', () => {
  const memory = createSecretMemory(['first token', undefined, '']);
  for (let number = 0; number < 1_500; number++) memory.note(`secret ${number}`);
  assert.ok(memory.values().includes('first token'));
  assert.equal(memory.values().length, 1_001);
});

test('tokens that a registry gives anew each time crowd out no secret, and of each registry the last ones are known', () => {
  const memory = createSecretMemory([]);
  memory.noteBytes(Buffer.from('a kept secret\n'));
  memory.noteLogin('other.test', 'the password of another');
  for (let number = 0; number < 5_000; number++) memory.noteLogin('registry.test', `token ${number}`);
  const known = memory.values();
  for (const value of ['a kept secret', 'the password of another', 'token 4999', 'token 4980'])
    assert.ok(known.includes(value), value);
  assert.ok(!known.includes('token 4979'));
  assert.deepEqual([known.length, memory.forgotten()], [22, 0]);
  for (let number = 0; number < 500; number++) memory.noteLogin(`registry${number}.test`, `password ${number}`);
  assert.equal(memory.values().length, 51);
});

test('the list is the same one as long as nothing new was noted', () => {
  const memory = createSecretMemory(['first']);
  memory.note('second');
  memory.note('third');
  memory.noteLogin('registry.test', 'fourth');
  const before = memory.values();
  memory.note('second');
  memory.noteLogin('registry.test', 'fourth');
  memory.note('');
  assert.equal(memory.values(), before);
  memory.note('fifth');
  assert.deepEqual(memory.values().toSorted(), ['fifth', 'first', 'fourth', 'second', 'third']);
});
