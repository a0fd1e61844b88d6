import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createEvidenceReader } from '../adapter/evidence-reader.ts';
import { createDocumentParser } from '../adapter/document-parser.ts';
import { testAdmin as actor } from '../test/support/app-house.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { streams } from './append.ts';
import { createBlobs } from './blobs.ts';
import { deploy, type DeployParts } from './deploy.ts';
import { cancel } from './deployments.ts';
import { createNotes } from './drive/notes.ts';
import { applyPlatformAtStart, createPlatformState } from './platform.ts';
import { createRecorded } from './recorded.ts';
import { registerRelease } from './releases.ts';
import { fastClock, knowingRegistry, nobodySigns, noSecrets } from './testing/fakes.ts';
import { createTurns } from './turns.ts';

const signal = AbortSignal.timeout(60_000);

const platformText = `apiVersion: drayage/v1
kind: Platform
clusters: { fe: { engine: simulated } }
environments: { dev: { clusters: [fe], waiting: supersede } }
`;

/** What deploying needs, on a store of its own, and nobody who drives what was accepted. */
async function undriven(t: TestContext): Promise<DeployParts> {
  const directory = await mkdtemp(join(tmpdir(), 'drayage-deploy-'));
  const clock = fastClock(1);
  const store = await openSqliteStore({ directory, clock, signal });
  const documents = createDocumentParser({ workers: 1, budgetMs: 10_000 });
  t.after(async () => {
    await documents.close();
    await store.close();
    await rm(directory, { recursive: true });
  });
  const refused = await applyPlatformAtStart(store, documents, { name: 'platform.yaml', text: platformText }, signal);
  const blobs = createBlobs(store);
  const platform = createPlatformState(store, blobs, refused);
  let ids = 0;
  const recorded = createRecorded({ store, blobs, clock });
  const parts = {
    store,
    blobs,
    documents,
    platform,
    registry: knowingRegistry,
    recorded,
    clock,
    secrets: noSecrets,
    signatures: nobodySigns,
    evidenceReader: createEvidenceReader(),
    documentTurns: createTurns(),
  };
  for (const version of ['1', '2']) {
    const compose = { name: 'compose.yaml', text: `services: { cart: { image: 'registry.test/cart:${version}' } }\n` };
    const input = { service: 'cart', version, compose, files: new Map(), vars: {}, meta: {} };
    await registerRelease(parts, actor, input, signal);
  }
  return { ...parts, newDeploymentId: () => `d-${(ids += 1)}`, wake: () => undefined };
}

async function deployCart(parts: DeployParts, version: string) {
  const wanted = { kind: 'change', environment: 'dev', set: { cart: version } } as const;
  const input = { wanted, allowRemove: [], allowOlder: [], expectPlan: null, idempotencyKey: null };
  const answer = await deploy(parts, actor, input, signal);
  assert.ok(answer.kind === 'accepted', answer.kind);
  return answer;
}

test('a newer deployment ends one that waits', async (t) => {
  const parts = await undriven(t);
  const first = await deployCart(parts, '1');
  const second = await deployCart(parts, '2');
  const row = await parts.store.deployment(first.deployment, signal);
  assert.deepEqual([row?.phase, row?.outcome], ['ended', 'superseded']);
  assert.deepEqual(second.waitsFor, []);
});

test('a newer deployment waits for one whose cancel was requested, and leaves its end to the cancel', async (t) => {
  const parts = await undriven(t);
  const first = await deployCart(parts, '1');
  await cancel({ ...parts, commentary: createNotes() }, actor, first.deployment, false, signal);
  const second = await deployCart(parts, '2');
  const entries = await parts.store.stream(streams.deployment(first.deployment), signal);
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['deployment-accepted', 'cancel-requested'],
  );
  assert.deepEqual(second.waitsFor, [first.deployment]);
});
