import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { isFault } from '../core/fault.ts';
import { canary, placeOfSecret } from '../test/support/canary.ts';
import { openDockerConfig } from './docker-config.ts';

const never = new AbortController().signal;
const secret = canary('docker');
const auth = Buffer.from(`me:${secret}`).toString('base64');
const login = { kind: 'password', username: 'me', password: secret };

suite('the Docker configuration', () => {
  let directory = '';
  const pathBefore = process.env['PATH'] ?? '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'docker-config-'));
    process.env['PATH'] = `${directory}${delimiter}${pathBefore}`;
  });
  after(async () => {
    process.env['PATH'] = pathBefore;
    await rm(directory, { recursive: true, force: true });
  });
  const loginAt = async (content: unknown, host: string) => {
    const file = placeOfSecret(join(directory, 'config.json'));
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return await openDockerConfig(file).login(host, never);
  };
  const helper = async (name: string, script: string) => {
    const file = placeOfSecret(join(directory, `docker-credential-${name}`));
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  };
  const denied = (error: unknown) => {
    assert.ok(isFault(error, 'registry.denied'), String(error));
    assert.ok(!`${error.message} ${error.next} ${JSON.stringify(error.facts)}`.includes(secret));
    return true;
  };

  test('a login is found under the host, however docker login wrote it', async () => {
    for (const key of ['r.example.com', 'https://r.example.com', 'https://r.example.com/v2/']) {
      assert.deepEqual(await loginAt({ auths: { [key]: { auth } } }, 'r.example.com'), login);
    }
    assert.deepEqual(await loginAt({ auths: { 'https://index.docker.io/v1/': { auth } } }, 'docker.io'), login);
  });

  test('a login of another host is never given', async () => {
    const auths = { 'r.example.com': { auth } };
    for (const host of ['example.com', 'r.example.com.evil.org', 'r.example.com:5000', '__proto__', 'constructor']) {
      assert.equal(await loginAt({ auths }, host), null);
    }
  });

  test('an identity token is told as such', async () => {
    assert.deepEqual(await loginAt({ auths: { r: { identitytoken: 't' } } }, 'r'), {
      kind: 'identity-token',
      token: 't',
    });
  });

  test('a missing file holds no logins; a broken one is refused without quoting it', async () => {
    assert.equal(await openDockerConfig(join(directory, 'absent')).login('r', never), null);
    await assert.rejects(loginAt(`{"auths": {"r": {"password": "${secret}" oops`, 'r'), denied);
    await assert.rejects(loginAt({ auths: secret }, 'r'), denied);
    await assert.rejects(loginAt({ auths: { r: { auth: Buffer.from(secret).toString('base64') } } }, 'r'), denied);
  });

  test('a credential helper is asked for its registry, and the store for all others', async () => {
    await helper('mine', `read -r registry; echo "{\\"Username\\":\\"$registry\\",\\"Secret\\":\\"${secret}\\"}"`);
    const config = { credHelpers: { 'a.example.com': 'mine' }, credsStore: 'mine' };
    assert.deepEqual(await loginAt(config, 'a.example.com'), { ...login, username: 'a.example.com' });
    assert.deepEqual(await loginAt(config, 'docker.io'), { ...login, username: 'https://index.docker.io/v1/' });
  });

  test('a helper that has no login leaves the question to the file', async () => {
    await helper('empty', 'echo "credentials not found in native keychain"; exit 1');
    assert.deepEqual(await loginAt({ credsStore: 'empty', auths: { r: { auth } } }, 'r'), login);
  });

  test('a helper that is missing, fails, answers rubbish or is no name of a program is refused', async () => {
    await helper('broken', `echo "${secret}"; exit 3`);
    await helper('rubbish', `echo "${secret}"`);
    for (const name of ['broken', 'rubbish', 'not-installed', '../../bin/sh']) {
      await assert.rejects(loginAt({ credsStore: name }, 'r'), denied);
    }
  });
});
