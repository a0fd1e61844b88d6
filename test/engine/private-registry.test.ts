import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { request } from 'undici';
import { isFault } from '../../core/fault.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { registryAccess } from '../support/registry-access.ts';

const access = registryAccess;

test('a registry without an engine listens on the loopback, asks for its password, and ends', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drayage-test-'));
  const signal = AbortSignal.timeout(30_000);
  const registry = await startPrivateRegistry({ directory, access, signal });
  try {
    assert.match(registry.host, /^127\.0\.0\.1:\d+$/);
    const anonymous = await request(`${registry.url}/v2/`, { signal });
    await anonymous.body.dump();
    assert.equal(anonymous.statusCode, 401);
    const port = Number(registry.host.split(':')[1]);
    const second = startPrivateRegistry({ directory, port, access, signal });
    const isTaken = (error: unknown) => isFault(error, 'local.failed') && /is already in use/.test(error.message);
    await assert.rejects(second, isTaken);
  } finally {
    await registry.stop();
    await rm(directory, { recursive: true, force: true });
  }
  await assert.rejects(request(`${registry.url}/v2/`, { signal }));
});
