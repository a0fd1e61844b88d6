import { canonical } from '../core/canonical.ts';
import { Fault } from '../core/fault.ts';
import { digestOf } from '../core/hash.ts';
import { sha256 } from '../core/hash.ts';
import type { ClusterDefinition, EnvironmentDefinition, Platform } from '../core/platform.ts';
import type { Documents, SourceFile } from '../port/documents.ts';
import type { PlatformRow, Store } from '../port/store.ts';
import { by, self, streams } from './append.ts';
import { toBlob, type Blobs } from './blobs.ts';

/** The platform document in force. */
export interface PlatformState {
  /** `platform.missing` when none was ever applied. */
  current(signal: AbortSignal): Promise<{ readonly platform: Platform; readonly row: PlatformRow }>;
  environment(name: string, signal: AbortSignal): Promise<EnvironmentDefinition>;
  /** Why the file given at the start was not taken; null when it was. */
  refused(): string | null;
}

export function createPlatformState(store: Store, blobs: Blobs, refused: string | null): PlatformState {
  async function current(signal: AbortSignal) {
    const row = await store.platform(signal);
    if (row === null) {
      throw new Fault('platform.missing', 'No platform document has been applied yet.', {
        next: 'Start the server with --platform FILE.',
      });
    }
    return { row, platform: await blobs.read('platform', row.platform, signal) };
  }
  return {
    current,
    async environment(name, signal) {
      const { platform } = await current(signal);
      return environmentOf(platform, name);
    },
    refused: () => refused,
  };
}

/** An environment of the platform; `environment.unknown` names those that there are. */
export function environmentOf(platform: Platform, name: string): EnvironmentDefinition {
  const found = Object.hasOwn(platform.environments, name) ? platform.environments[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(platform.environments).toSorted();
  throw new Fault('environment.unknown', `The platform has no environment ${name}.`, {
    facts: { environment: name, known },
    next: `It has ${known.join(', ')}. Environments stand in the platform document.`,
  });
}

/** A cluster of the platform; `cluster.unknown` names those that there are. */
export function clusterOf(platform: Platform, name: string): ClusterDefinition {
  const found = Object.hasOwn(platform.clusters, name) ? platform.clusters[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(platform.clusters).toSorted();
  throw new Fault('cluster.unknown', `The platform has no cluster ${name}.`, { facts: { cluster: name, known } });
}

/**
 * Applies the platform document given at start. What is in force already is left alone. A wrong file is fatal only on
 * the very first start; later the last good revision stays, and the answer is the reason.
 */
export async function applyPlatformAtStart(
  store: Store,
  documents: Documents,
  source: SourceFile,
  signal: AbortSignal,
): Promise<string | null> {
  const row = await store.platform(signal);
  try {
    const platform = await documents.readPlatform(source, signal);
    if (row === null || row.platform !== digestOf(platform))
      await apply(store, platform, source, row?.revision ?? 0, signal);
    return null;
  } catch (error) {
    if (row === null || !(error instanceof Fault) || error.kind !== 'invalid') throw error;
    const [first] = error.problems;
    return first === undefined ? error.message : `${first.file}:${first.line}:${first.column}: ${first.message}`;
  }
}

async function apply(
  store: Store,
  platform: Platform,
  source: SourceFile,
  revision: number,
  signal: AbortSignal,
): Promise<void> {
  const blobs = [toBlob(platform), new TextEncoder().encode(source.text)];
  const event = {
    kind: 'platform-applied',
    revision: revision + 1,
    platform: sha256(canonical(platform)),
    source: sha256(source.text),
  } as const;
  await store.append(
    { appends: [{ stream: streams.platform, expectedVersion: revision, entries: by(self, [event]) }], blobs },
    signal,
  );
}
