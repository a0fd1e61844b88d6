import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { createEvidenceReader } from '../../adapter/evidence-reader.ts';
import { systemClock } from '../../adapter/system-clock.ts';
import { createRecorded } from '../../app/recorded.ts';
import { registerRelease } from '../../app/releases.ts';
import { createTurns } from '../../app/turns.ts';
import { applyPlatformAtStart } from '../../app/platform.ts';
import { planFor, type Planned, type PlanningParts } from '../../app/planning.ts';
import { knowingRegistry } from '../../app/testing/fakes.ts';
import { canonical } from '../../core/canonical.ts';
import { everywhere } from '../../core/access.ts';
import type { LedgerEvent } from '../../core/event.ts';
import { digestOf, sha256 } from '../../core/hash.ts';
import { stepsOf } from '../../core/plan.ts';
import { inputOf, tell } from '../support/child.ts';
import {
  composeText,
  openPlanningHouse,
  platformText,
  serviceNames,
  specOf,
  type PlanningSize,
} from '../support/planning-house.ts';

/**
 * Makes a ledger in which environments run version 1 of all their services on ten clusters, with version 2 released; and
 * a file of all the bytes that planning version 2 in each reads and makes.
 */
const size = z.object({ environment: z.string(), services: z.int().min(1) });
const given = inputOf((value) => z.object({ directory: z.string(), sizes: z.array(size) }).parse(value));

const signal = AbortSignal.timeout(600_000);
const actor = {
  id: 't-bench',
  name: 'bench',
  role: 'admin',
  scope: everywhere,
  session: null,
  expiresAt: null,
} as const;
/** Entries of one request to the store, which takes 1,000. */
const eventsAtOnce = 900;

async function release(parts: PlanningParts, service: string, version: string): Promise<void> {
  const recorded = createRecorded({ store: parts.store, blobs: parts.blobs, clock: systemClock });
  const compose = { name: 'compose.yaml', text: composeText(service, version) };
  const input = { service, version, compose, files: new Map(), vars: {}, meta: {} };
  const evidenceReader = createEvidenceReader();
  const house = {
    ...parts,
    registry: knowingRegistry,
    recorded,
    evidenceReader,
    documentTurns: createTurns(),
    clock: systemClock,
  };
  await registerRelease(house, actor, input, signal);
}

async function planned(parts: PlanningParts, of: PlanningSize, version: string): Promise<Planned> {
  const document = { name: 'spec.yaml', text: specOf(of, version) };
  const wanted = { kind: 'document', document, base: null } as const;
  return await planFor(parts, { wanted, allowRemove: [], allowOlder: [] }, signal);
}

/** Records that a plan was carried out: what it leads to runs. */
async function carryOut({ store }: PlanningParts, { plan, digest, targets, environment }: Planned): Promise<void> {
  const deployment = `d-${environment}`;
  const spec = { environment, services: plan.changes };
  const services = Object.keys(plan.changes);
  const reason = 'deploy spec.yaml';
  const accepted = { deployment, environment, plan: digest, services, onFailure: 'roll-back', restores: null } as const;
  const events: readonly LedgerEvent[] = [
    { kind: 'deployment-accepted', ...accepted, reason },
    { kind: 'deployment-started', deployment, generation: 1 },
    ...stepsOf(plan).map(({ id, spot, change }) => {
      const target = change.kind === 'remove' ? null : change.to;
      return { kind: 'step-verified', deployment, step: id, spot, target } as const;
    }),
    { kind: 'deployment-ended', deployment, outcome: 'succeeded', cause: null, unknown: [] },
  ];
  for (let from = 0; from < events.length; from += eventsAtOnce) {
    const entries = events.slice(from, from + eventsAtOnce).map((event) => ({ actor: 'drayage', event }));
    await store.append({ appends: [{ stream: `deployment/${deployment}`, expectedVersion: from, entries }] }, signal);
  }
  const all = [...targets.values()].map((target) => Buffer.from(canonical(target)));
  for (let from = 0; from < all.length; from += eventsAtOnce)
    await store.append({ appends: [], blobs: all.slice(from, from + eventsAtOnce) }, signal);
  const revised = { kind: 'spec-revised', environment, revision: 1, spec: digestOf(spec), deployment } as const;
  await store.append(
    {
      appends: [
        { stream: `environment/${environment}`, expectedVersion: 0, entries: [{ actor: 'drayage', event: revised }] },
      ],
      blobs: [Buffer.from(canonical(spec))],
    },
    signal,
  );
}

/** What planning reads, as digests of stored documents, and what it makes, as texts. */
async function writeBytes(parts: PlanningParts, of: PlanningSize, second: Planned): Promise<void> {
  const manifests = await Promise.all(
    serviceNames(of).flatMap((service) =>
      ['1', '2'].map(async (version) => (await parts.store.release(service, version, signal))?.manifest),
    ),
  );
  const inventory = (await parts.store.inventory(of.environment, signal)).map(({ target }) => target);
  const revision = await parts.store.revision(of.environment, null, signal);
  const { row } = await parts.platform.current(signal);
  const stored = [...manifests, ...inventory, revision?.spec, row.platform];
  const known = new Set(inventory);
  const targets = [...second.targets.values()].map(canonical).filter((text) => !known.has(sha256(text)));
  const made = [canonical(second.plan), ...targets];
  const file = join(given.directory, `${of.environment}.json`);
  writeFileSync(file, JSON.stringify({ stored, document: specOf(of, '2'), made, digest: second.digest }));
}

mkdirSync(given.directory, { recursive: true });
const { parts, close } = await openPlanningHouse(join(given.directory, 'data'), signal);
const platform = { name: 'platform.yaml', text: platformText(given.sizes.map(({ environment }) => environment)) };
await applyPlatformAtStart(parts.store, parts.documents, platform, signal);
for (const of of given.sizes) {
  for (const service of serviceNames(of)) for (const version of ['1', '2']) await release(parts, service, version);
  await carryOut(parts, await planned(parts, of, '1'));
}
for (const of of given.sizes) await writeBytes(parts, of, await planned(parts, of, '2'));
await close();
tell({ done: true });
