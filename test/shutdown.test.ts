import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyLedgerFile } from '../server.ts';
import { startServerProcess, type ServerProcess } from './support/server-process.ts';
import { startStaticRegistry, type StaticRegistry } from './support/static-registry.ts';

const limit = AbortSignal.timeout(150_000);
let registry: StaticRegistry;

before(async () => {
  registry = await startStaticRegistry();
});
after(() => registry.close());

/** A server process on a simulated cluster, with a document that deploys two services. */
async function started(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-shutdown-'));
  const platform = join(folder, 'platform.yaml');
  const data = join(folder, 'data');
  await writeFile(
    platform,
    'apiVersion: drayage/v1\nkind: Platform\nclusters:\n  fe: { engine: simulated }\nenvironments:\n  dev: { clusters: [fe] }\n',
  );
  const document = join(folder, 'dev.yaml');
  await writeFile(
    document,
    'apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservices:\n  cart: 1.0.0\n  site: 1.0.0\n',
  );
  const server = await startServerProcess({ platform, data });
  t.after(async () => {
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  });
  for (const service of ['cart', 'site']) {
    const needs = service === 'site' ? 'x-drayage: { needs: [cart] }\n' : '';
    const text = `services:\n  ${service}:\n    image: ${registry.host}/shop/${service}:1\n    deploy: { update_config: { monitor: 2s } }\n${needs}`;
    const compose = { name: 'compose.yaml', text };
    await server.client.call('createRelease', { body: { service, version: '1.0.0', compose }, signal: limit });
  }
  return { server, data, document };
}

interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads all events from the beginning, as a browser would. Ends with the stream. */
async function* readEvents({ url, token }: ServerProcess): AsyncGenerator<SseEvent> {
  const headers = { authorization: `Bearer ${token}`, 'last-event-id': '0' };
  const response = await fetch(`${url}/v1/events`, { headers, signal: limit });
  assert.equal(response.status, 200);
  assert.ok(response.body !== null);
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? '';
      yield { event: field('event'), data: field('data') };
    }
  }
}

/** Every entry of the ledger, with the step that it is about. */
async function steps({ client }: ServerProcess) {
  const { entries } = await client.call('ledgerEntries', { query: { after: 0, limit: 1000 }, signal: limit });
  return entries.map(({ kind, payload }) => ({ kind, step: payload['step'] ?? null }));
}

test('a server that is asked to end in the middle of a deployment leaves nothing half done', async (t) => {
  const { server, data, document } = await started(t);
  const seen: SseEvent[] = [];
  const underWay = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const event of readEvents(server)) {
      seen.push(event);
      if (event.data.includes('"step-started"')) underWay.resolve();
    }
    underWay.resolve();
  })();
  const waiting = server.dray(['deploy', document, '--yes', '--json']);
  await underWay.promise;

  assert.equal(await server.stop(), 0, server.log());
  await reading;
  const last = seen.at(-1);
  assert.equal(last?.event, 'trouble');
  assert.equal((JSON.parse(last?.data ?? '{}') as { code?: string }).code, 'server.draining');
  const verdict = await verifyLedgerFile(data, limit);
  assert.equal(verdict.kind, 'whole', JSON.stringify(verdict));
  assert.doesNotMatch(server.log(), /"level":"error"/);

  await server.start();
  const end = await waiting;
  assert.equal(end.code, 0, `${end.stdout}\n${end.stderr}`);
  const recorded = await steps(server);
  for (const step of ['fe/cart/cart', 'fe/site/site'])
    assert.deepEqual(
      recorded.filter((entry) => entry.step === step).map((entry) => entry.kind),
      ['step-started', 'step-verified'],
      'no step was begun or verified twice',
    );
  assert.equal(recorded.filter(({ kind }) => kind === 'deployment-ended').length, 1);
  assert.equal(recorded.filter(({ kind }) => kind === 'lease-granted').length, 2, 'one lease for each start');
  assert.equal(await server.stop(), 0, server.log());
});

/** A request whose body never comes: it is under way until the server has waited long enough for it. */
async function unfinishedRequest({ url, token }: ServerProcess): Promise<ClientRequest> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': '100',
    expect: '100-continue',
  };
  const request = httpRequest(`${url}/v1/plans`, { method: 'POST', headers });
  request.on('error', () => {});
  request.flushHeaders();
  await once(request, 'continue');
  return request;
}

async function untilDraining({ url }: ServerProcess): Promise<Response> {
  for (;;) {
    const response = await fetch(`${url}/readyz`, { signal: limit });
    if (response.status === 503) return response;
    await response.text();
    await sleep(20, undefined, { signal: limit });
  }
}

test('while it drains a server says so, refuses what is new with a time to come back, and lives', async (t) => {
  const { server } = await started(t);
  const ready = await fetch(`${server.url}/readyz`, { signal: limit });
  assert.deepEqual([ready.status, ((await ready.json()) as { status: string }).status], [200, 'ok']);
  const request = await unfinishedRequest(server);
  server.signal('SIGTERM');
  const draining = await untilDraining(server);
  assert.equal(((await draining.json()) as { status: string }).status, 'draining');
  const refused = await fetch(`${server.url}/v1/environments`, {
    headers: { authorization: `Bearer ${server.token}` },
    signal: limit,
  });
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.equal(((await refused.json()) as { code: string }).code, 'server.draining');
  const alive = await fetch(`${server.url}/healthz`, { signal: limit });
  assert.equal(alive.status, 200);
  request.destroy();
  assert.equal(await server.ended(), 0, server.log());
});

test('a second signal ends a server at once, with the code of the signal', async (t) => {
  const { server, data } = await started(t);
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    const request = await unfinishedRequest(server);
    server.signal('SIGTERM');
    await untilDraining(server);
    server.signal(signal);
    assert.equal(await server.ended(), code, server.log());
    request.destroy();
    assert.equal((await verifyLedgerFile(data, limit)).kind, 'whole');
    await server.start();
  }
});
