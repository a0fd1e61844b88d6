import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Client } from '../client/client.ts';
import { canonical } from '../core/canonical.ts';
import type { EntriesView } from '../wire/ledger.ts';
import { startEventReader, type EventReader } from './support/event-reader.ts';
import { startServerProcess, type ServerProcess } from './support/server-process.ts';
import { startStaticRegistry } from './support/static-registry.ts';

const platform = `
apiVersion: drayage/v1
kind: Platform
clusters:
  fe: { engine: simulated }
environments:
  dev: { clusters: [fe] }
  prod: { clusters: [fe] }
`;

/** Entries of about 4 KB each: a reader that does not read fills every buffer between it and the server. */
const bigEntries = 1_250;
const wideScope = Array.from({ length: 100 }, (_, index) => `environment-number-${index}-of-the-large-one`);

type Entry = EntriesView['entries'][number] & { readonly sum: number };

/** What a query lets through, said a second time and slowly: from the whole ledger. */
function expected(ledger: readonly Entry[], { query, began }: EventReader) {
  const accepted = new Map(
    ledger.filter(({ kind }) => kind === 'deployment-accepted').map(({ payload }) => [payload['deployment'], payload]),
  );
  const wanted = ledger.slice(began() ?? ledger.length).filter(({ kind, payload }) => {
    const deployment = accepted.get(payload['deployment'] ?? null);
    const spot = payload['spot'] as { readonly service: string } | undefined;
    const about = spot?.service ?? payload['service'] ?? deployment?.['services'] ?? [];
    return (
      (query['kinds'] === undefined || query['kinds'].split(',').includes(kind)) &&
      (query['deployment'] === undefined || payload['deployment'] === query['deployment']) &&
      (query['environment'] === undefined ||
        (payload['environment'] ?? deployment?.['environment']) === query['environment']) &&
      (query['service'] === undefined || [about].flat().includes(query['service']))
    );
  });
  return wanted.map(({ sequence, sum }) => ({ id: sequence, sum }));
}

async function wholeLedger(client: Client): Promise<readonly Entry[]> {
  const ledger: Entry[] = [];
  for (;;) {
    const { entries } = await client.call('ledgerEntries', { query: { after: ledger.length, limit: 1000 } });
    ledger.push(...entries.map((entry) => ({ ...entry, sum: crc32(canonical(entry)) })));
    if (entries.length < 1000) return ledger;
  }
}

/** Makes and revokes tokens, sixteen at a time. */
async function makeTokens(client: Client): Promise<void> {
  let left = bigEntries;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const body = { name: `token ${left}`, scope: { environments: wideScope } };
      const { id } = await client.call('createToken', { body });
      await client.call('revokeToken', { params: { token: id } });
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

/** Deploys two services to an environment, then changes one. Gives the second deployment's id. */
async function deployTwice(client: Client, environment: string): Promise<string> {
  const text = `apiVersion: drayage/v1\nkind: Deployment\nenvironment: ${environment}\nservices: { cart: 1.0.0, search: 1.0.0 }\n`;
  const wanted = [
    { kind: 'document' as const, document: { name: 'x.yaml', text } },
    { kind: 'change' as const, environment, set: { search: '1.1.0' } },
  ];
  let deployment = '';
  for (const one of wanted) {
    const accepted = await client.call('deploy', { body: { wanted: one }, idempotencyKey: crypto.randomUUID() });
    assert.ok(accepted.kind === 'accepted');
    ({ deployment } = accepted);
    const view = async () => await client.call('getDeployment', { params: { deployment } });
    while ((await view()).phase !== 'ended') await sleep(200);
    assert.equal((await view()).outcome, 'succeeded');
  }
  return deployment;
}

async function release(client: Client, registry: string): Promise<void> {
  for (const [service, version] of [
    ['cart', '1.0.0'],
    ['search', '1.0.0'],
    ['search', '1.1.0'],
  ] as const) {
    const text = `services:\n  ${service}:\n    image: ${registry}/shop/${service}:${version}\n    deploy: { update_config: { monitor: 1s } }\n`;
    await client.call('createRelease', { body: { service, version, compose: { name: 'compose.yaml', text } } });
  }
}

async function residentBytes({ url, token }: ServerProcess): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const value = /^process_resident_memory_bytes (\S+)$/m.exec(await response.text())?.[1];
  assert.ok(value !== undefined, 'the server tells how much memory it uses');
  return Number(value);
}

/** Waits for something, at most 90 s. */
async function until(check: () => boolean): Promise<void> {
  for (let count = 0; count < 900 && !check(); count += 1) await sleep(100);
}

const mebibyte = 1024 * 1024;

/** How many read at once: `bin/soak readers` has 1,000 of them, for which CI has no room. */
const readersMost = Number(process.env['EVENT_READERS'] ?? 250);
const share = (ofThousand: number): number => Math.round((ofThousand * readersMost) / 1_000);

test(
  `${readersMost} readers at once, some filtered, some cut off, some too slow, each get every event once and in order`,
  {
    timeout: 240_000,
  },
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'event-readers-'));
    const registry = await startStaticRegistry();
    const file = join(directory, 'platform.yaml');
    await writeFile(file, platform);
    const server = await startServerProcess({ platform: file, data: join(directory, 'data') });
    const readers: EventReader[] = [];
    t.after(async () => {
      await Promise.all(readers.map(async (reader) => await reader.stop()));
      await server.stop();
      await registry.close();
      await rm(directory, { recursive: true, force: true });
    });
    const { url, token, client } = server;
    await release(client, registry.host);

    const goOn = Promise.withResolvers<void>();
    const start = (count: number, query: Record<string, string>, cut: number | null = null, slow = false): void => {
      for (let made = 0; made < share(count); made += 1) {
        const cutAfter = cut === null ? {} : { cutAfter: () => 1 + Math.floor(Math.random() * cut) };
        const stallUntil = slow ? { stallUntil: goOn.promise } : {};
        readers.push(startEventReader({ url, token, query, ...cutAfter, ...stallUntil }));
      }
    };
    start(120, {});
    start(420, { kinds: 'token-revoked,deployment-ended' });
    start(100, { environment: 'dev' });
    start(100, { service: 'search' });
    start(60, { environment: 'prod', service: 'cart' });
    start(40, {}, 1_200);
    start(120, { kinds: 'token-revoked' }, 600);
    start(40, { kinds: 'token-created' }, null, true);
    const before = await residentBytes(server);
    await until(() => readers.every((reader) => reader.began() !== null));
    assert.equal(readers.filter((reader) => reader.began() !== null).length, readersMost);

    let most = 0;
    const measuring = new AbortController();
    const measure = async (): Promise<void> => {
      while (!measuring.signal.aborted) {
        most = Math.max(most, await residentBytes(server));
        await sleep(500);
      }
    };
    const measured = measure();
    const [dev] = await Promise.all([deployTwice(client, 'dev'), deployTwice(client, 'prod'), makeTokens(client)]);
    await sleep(18_000); // longer than the server bears with who does not read
    goOn.resolve();
    start(20, { after: '0' });
    start(20, { after: '0', deployment: dev });
    await until(() => readers.every((reader) => reader.began() !== null));

    const ledger = await wholeLedger(client);
    const due = readers.map((reader) => expected(ledger, reader));
    await until(() => readers.every(({ got }, index) => got.length >= (due[index]?.length ?? 0)));
    measuring.abort();
    await measured;
    for (const [index, { got, query }] of readers.entries()) {
      assert.deepEqual(got, due[index], `${index} ${JSON.stringify(query)}`);
      assert.ok(got.length > 0, JSON.stringify(query));
    }
    assert.ok(ledger.length > 2 * bigEntries);
    const cut = readers.filter((reader) => reader.cuts() > 0);
    const dropped = readers.filter((reader) => reader.ends() > 0);
    t.diagnostic(`${ledger.length} entries, ${cut.length} readers cut, ${dropped.length} dropped`);
    t.diagnostic(`memory ${Math.round(before / mebibyte)} MiB before, ${Math.round(most / mebibyte)} MiB at most`);
    assert.ok(cut.length >= share(100), `${cut.length} readers were cut`);
    assert.ok(dropped.length >= share(20), `${dropped.length} readers were dropped`);
    assert.ok(
      dropped.every(({ query }) => query['kinds'] === 'token-created'),
      'only who is too slow is dropped',
    );
    assert.ok(most - before < 600 * mebibyte, `${most - before} bytes more than before`);
  },
);
