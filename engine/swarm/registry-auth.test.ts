import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registryAuth } from './registry-auth.ts';

test('credentials are base64 for URLs with its padding, whatever their length', () => {
  for (const password of ['', 'a', 'ab', 'abc', 'ü>>>???~~~'.repeat(9)]) {
    const header =
      registryAuth({ username: 'shop', password, serverAddress: 'registry.test' })['X-Registry-Auth'] ?? '';
    assert.equal(header.length % 4, 0);
    assert.match(header, /^[A-Za-z0-9_-]+={0,2}$/);
    const read: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    assert.deepEqual(read, { username: 'shop', password, serveraddress: 'registry.test' });
  }
  assert.deepEqual(registryAuth(null), {});
});
