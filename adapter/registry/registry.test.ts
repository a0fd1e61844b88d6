import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Fault, isFault, type FaultCode } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import { startPrivateRegistry, type PrivateRegistry } from '../../local/registry.ts';
import { placeOfSecret } from '../../test/support/canary.ts';
import { registryAccess } from '../../test/support/registry-access.ts';
import { createOciRegistry, type OciRegistry } from './registry.ts';

const access = registryAccess;
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const basic = `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`;
const never = new AbortController().signal;

function fault(code: FaultCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(isFault(error, code), String(error));
    assert.match(`${error.message} ${error.next ?? ''}`, words);
    assert.ok(error.next !== null);
    return true;
  };
}

suite('a real registry that asks for a password', () => {
  let directory = '';
  let server: PrivateRegistry;
  let registry: OciRegistry;
  let withoutLogin: OciRegistry;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'registry-'));
    server = await startPrivateRegistry({ directory, access, signal: AbortSignal.timeout(20_000) });
    const dockerConfig = placeOfSecret(join(directory, 'docker.json'));
    const auth = Buffer.from(`${access.user}:${access.password}`).toString('base64');
    await writeFile(dockerConfig, JSON.stringify({ auths: { [server.host]: { auth } } }));
    registry = createOciRegistry({ dockerConfig, requestMs: 5_000 });
    withoutLogin = createOciRegistry({ dockerConfig: join(directory, 'absent.json'), requestMs: 5_000 });
  });
  after(async () => {
    await registry.close();
    await withoutLogin.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const put = async (path: string, type: string, body: string) => {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'PUT',
      body,
      headers: { authorization: basic, 'content-type': type },
    });
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
  };
  const pushBlob = async (repository: string, body: string) => {
    const digest = `sha256:${sha256(body)}`;
    const begun = await fetch(`${server.url}/v2/${repository}/blobs/uploads/`, {
      method: 'POST',
      headers: { authorization: basic },
    });
    const upload = new URL(begun.headers.get('location') ?? '', server.url);
    upload.searchParams.set('digest', digest);
    await put(`${upload.pathname}${upload.search}`, 'application/octet-stream', body);
    return { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: Buffer.byteLength(body) };
  };
  /** Pushes a tiny image and gives its digest. Spaces in the manifest show that its own bytes count. */
  const pushImage = async (repository: string, tag: string, config: object) => {
    const blob = await pushBlob(
      repository,
      JSON.stringify({ architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [] } }),
    );
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: blob, layers: [] }, null, 3);
    await put(`/v2/${repository}/manifests/${tag}`, manifestType, manifest);
    return { digest: `sha256:${sha256(manifest)}`, size: Buffer.byteLength(manifest) };
  };

  test('an image tells its command, its layers, its base and its tags, and no secret of its build', async () => {
    const layers = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`);
    const base = { name: `${server.host}/base/node:26`, digest: `sha256:${'b'.repeat(64)}` };
    const config = {
      architecture: 'arm64',
      os: 'linux',
      variant: 'v8',
      created: '2026-11-21T12:00:00.123456789Z',
      author: 'Ada',
      config: {
        Env: ['TOKEN=s3cret'],
        Cmd: ['--port', '80'],
        Entrypoint: ['/bin/cart'],
        Labels: { team: 'shop', maintainer: 'Ada' },
      },
      rootfs: { type: 'layers', diff_ids: layers },
      history: [{ created_by: '|1 TOKEN=s3cret /bin/sh -c make' }, { created_by: 'CMD ["/bin/cart"]' }],
    };
    const blob = await pushBlob('told/cart', JSON.stringify(config));
    const annotations = {
      'org.opencontainers.image.base.name': base.name,
      'org.opencontainers.image.base.digest': base.digest,
    };
    const body = { schemaVersion: 2, mediaType: manifestType, config: blob, layers: [], annotations };
    const manifest = JSON.stringify(body);
    const digest = `sha256:${sha256(manifest)}`;
    for (const tag of ['1.4.2', '1.4', `sha256-${'c'.repeat(64)}.sig`])
      await put(`/v2/told/cart/manifests/${tag}`, manifestType, manifest);
    await pushImage('told/cart', '1.4.1', {});
    const image = await registry.inspect(`${server.host}/told/cart:1.4.2@${digest}`, {}, 5_000, never);
    assert.equal(JSON.stringify(image).includes('s3cret') || JSON.stringify(image).includes('Ada'), false);
    assert.deepEqual(image.base, base);
    assert.deepEqual(image.tags.kind === 'known' && image.tags.value, {
      tags: ['1.4', '1.4.2'],
      lookedAt: 3,
      listed: 3,
    });
    assert.deepEqual(
      image.history.map(({ by }) => by),
      ['/bin/sh -c make', 'CMD ["/bin/cart"]'],
    );
    const { platform, createdAt, entrypoint, command, labels, diffIds } = image;
    assert.deepEqual(
      { platform, createdAt, entrypoint, command, labels, diffIds },
      {
        platform: 'linux/arm64/v8',
        createdAt: Date.UTC(2026, 10, 21, 12, 0, 0, 123),
        entrypoint: ['/bin/cart'],
        command: ['--port', '80'],
        labels: { team: 'shop' },
        diffIds: layers,
      },
    );
  });

  test('a tag resolves to the digest of the bytes, and the health check is seen', async () => {
    const { digest } = await pushImage('shop/cart', '1.0.0', { Healthcheck: { Test: ['CMD', '/bin/true'] } });
    const resolved = await registry.resolve(`${server.host}/shop/cart:1.0.0`, {}, never);
    assert.deepEqual(resolved, { resolved: `${server.host}/shop/cart:1.0.0@${digest}`, hasHealthCheck: true });
    const byDigest = await registry.resolve(`${server.host}/shop/cart@${digest}`, {}, never);
    assert.deepEqual(byDigest, { resolved: `${server.host}/shop/cart@${digest}`, hasHealthCheck: true });
  });

  test('an index resolves to its own digest, with the health check of its linux/amd64 image', async () => {
    const amd64 = await pushImage('shop/many', 'amd64', { Healthcheck: { Test: ['CMD', 'x'] } });
    const arm64 = await pushImage('shop/many', 'arm64', {});
    const entry = (of: { digest: string; size: number }, architecture: string) => ({
      mediaType: manifestType,
      ...of,
      platform: { os: 'linux', architecture },
    });
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [entry(arm64, 'arm64'), entry(amd64, 'amd64')],
    });
    await put('/v2/shop/many/manifests/1', indexType, index);
    const resolved = await registry.resolve(`${server.host}/shop/many:1`, {}, never);
    assert.deepEqual(resolved, {
      resolved: `${server.host}/shop/many:1@sha256:${sha256(index)}`,
      hasHealthCheck: true,
    });
  });

  test('an unknown tag names the nearest ones, an unknown repository is named as such', async () => {
    await pushImage('shop/tags', '1.0.0', {});
    await pushImage('shop/tags', '1.0.1', {});
    await assert.rejects(
      registry.resolve(`${server.host}/shop/tags:1.0.2`, {}, never),
      fault('image.unresolved', /no tag 1\.0\.2.*1\.0\.0, 1\.0\.1/s),
    );
    await assert.rejects(
      registry.resolve(`${server.host}/shop/nothing:1`, {}, never),
      fault('image.unresolved', /no repository shop\/nothing/),
    );
    const absent = `sha256:${'0'.repeat(64)}`;
    await assert.rejects(
      registry.resolve(`${server.host}/shop/tags@${absent}`, {}, never),
      fault('image.unresolved', /no manifest sha256:0/),
    );
  });

  test('an image that was deleted from the registry is unresolved', async () => {
    const { digest } = await pushImage('shop/gone', '1', {});
    await server.deleteManifest('shop/gone', digest);
    await assert.rejects(
      registry.resolve(`${server.host}/shop/gone:1`, {}, never),
      fault('image.unresolved', /shop\/gone/),
    );
  });

  test('without a login, or with credentials: none, the registry denies, and the next step is named', async () => {
    const reference = `${server.host}/shop/cart:1.0.0`;
    await assert.rejects(withoutLogin.resolve(reference, {}, never), fault('registry.denied', /docker login/));
    const none = { [server.host]: { credentials: 'none', insecure: false } } as const;
    await assert.rejects(registry.resolve(reference, none, never), fault('registry.denied', /docker login/));
    assert.equal(await registry.credentials(reference, none, never), null);
  });

  test('the engine is given the login that the Docker configuration has for the registry, and none for others', async () => {
    assert.deepEqual(await registry.credentials(`${server.host}/shop/cart:1`, {}, never), {
      username: access.user,
      password: access.password,
      serverAddress: server.host,
      opened: null,
    });
    assert.equal(await registry.credentials('registry.example.com/a:1', {}, never), null);
  });

  test('a password that is a secret opens the registry and goes to the engine; a failure says which, and from where', async () => {
    const reference = `${server.host}/shop/cart:1.0.0`;
    const credentials = { username: access.user, environment: 'prod', secret: 'registry-password' };
    const named = { [server.host]: { credentials, insecure: false } };
    await assert.rejects(registry.resolve(reference, named, never), (error) => isFault(error, 'secret.unreachable'));
    const opened = { environment: 'prod', secret: 'registry-password', version: '3', id: '3'.repeat(32) };
    const opens = (text: string) => async () => await Promise.resolve({ value: Buffer.from(text), opened });
    registry.useSecrets?.(opens(`${access.password}\n`));
    await registry.resolve(reference, named, never);
    const found = await registry.credentials(reference, named, never);
    assert.deepEqual([found?.password, found?.opened], [access.password, opened]);
    registry.useSecrets?.(opens('another'));
    const from = /from the secret registry-password of prod/;
    await assert.rejects(registry.resolve(reference, named, never), fault('registry.denied', from));
    const gone = new Fault('secret.unknown', 'There is none.', { next: 'Set it.' });
    registry.useSecrets?.(async () => await Promise.reject(gone));
    const both = new RegExp(`${server.host}, from the secret registry-password of prod: There is none`);
    await assert.rejects(registry.credentials(reference, named, never), fault('secret.unknown', both));
  });

  test('an aborted resolution ends with the signal, not with a fault', async () => {
    const reason = new Error('enough');
    await assert.rejects(registry.resolve(`${server.host}/shop/cart:1.0.0`, {}, AbortSignal.abort(reason)), reason);
  });
});
