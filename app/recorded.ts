import type { Clock } from '../port/clock.ts';
import { readEvent, type LedgerEntry } from '../core/ledger.ts';
import { entryOf } from '../core/planning/merge-specs.ts';
import type { EnvironmentDefinition, Platform } from '../core/platform.ts';
import type { Spec } from '../core/spec.ts';
import type { DeploymentRow, Store } from '../port/store.ts';
import type { Blobs } from './blobs.ts';
import type { RecordedItem } from './component-status.ts';
import { inventoryOf } from './planning-inventory.ts';
import { createSharedRun } from './shared-run.ts';

/** What the ledger says of one environment. The same object for as long as nothing was recorded that concerns it. */
export interface RecordedEnvironment {
  readonly name: string;
  readonly definition: EnvironmentDefinition;
  /** 0 when it never had one. */
  readonly revision: number;
  /** When the revision was made; 0 when there is none. */
  readonly revisedAt: number;
  readonly spec: Spec;
  /** How many services the spec names. */
  readonly services: number;
  /** What runs there, by spot. */
  readonly items: readonly RecordedItem[];
  /** Its queued and active deployments in the order of their acceptance. */
  readonly unfinished: readonly DeploymentRow[];
}

/** What the ledger says of all environments, as far as one sequence. */
export interface RecordedState {
  /** Of the last entry that is taken into account. */
  readonly sequence: number;
  /** Null until one was applied. */
  readonly platform: Platform | null;
  /** By name, sorted. */
  readonly environments: ReadonlyMap<string, RecordedEnvironment>;
  /** Queued and active deployments in the order of their acceptance. */
  readonly unfinished: readonly DeploymentRow[];
}

/** What the ledger says, kept at hand: nothing is read again while nothing was recorded. */
export interface Recorded {
  /** The present state: it holds every entry that was acknowledged before the call. */
  current(): Promise<RecordedState>;
}

/** The largest tail of the ledger that is read to find out whom it concerns; behind a longer one all is read again. */
const tailMost = 5_000;

/** How often a state is brought up to date before it is given although the ledger grows meanwhile. */
const passesMost = 3;

/** How long one refresh may take, in ms. */
const refreshDeadlineMs = 60_000;

export function createRecorded({ store, blobs, clock }: RecordedParts): Recorded {
  let state: RecordedState | null = null;
  const refresh = createSharedRun(async () => {
    const signal = clock.timeout(refreshDeadlineMs);
    // Until the ledger stands still: so nothing of what an engine was asked to do before this returns is missing.
    for (let pass = 1; ; pass++) {
      const { sequence } = await store.head(signal);
      if (state?.sequence === sequence) return state;
      state = await bringTo(sequence, state, { store, blobs }, signal);
      if (pass === passesMost) return state;
    }
  });
  return { current: refresh };
}

export interface RecordedParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Pick<Clock, 'timeout'>;
}

interface Sources {
  readonly store: Store;
  readonly blobs: Blobs;
}

async function bringTo(
  sequence: number,
  known: RecordedState | null,
  sources: Sources,
  signal: AbortSignal,
): Promise<RecordedState> {
  const concern = known === null ? everything : await concernOf(sources.store, known, sequence, signal);
  if (known !== null && concern.kind === 'some' && !concern.deployments && concern.environments.size === 0)
    return { ...known, sequence };
  const { store, blobs } = sources;
  const row = await store.platform(signal);
  const platform = row === null ? null : await blobs.read('platform', row.platform, signal);
  const unfinished = await store.unfinished({}, signal);
  const unfinishedOf = Map.groupBy(unfinished, ({ environment }) => environment);
  const environments = new Map<string, RecordedEnvironment>();
  for (const name of Object.keys(platform?.environments ?? {}).toSorted()) {
    const definition = platform?.environments[name];
    if (definition === undefined) continue;
    const before = known?.environments.get(name);
    const isSame = concern.kind === 'some' && !concern.environments.has(name) && before?.definition === definition;
    if (isSame) environments.set(name, before);
    else {
      const own = unfinishedOf.get(name) ?? [];
      environments.set(name, { ...(await readEnvironment(sources, name, signal)), definition, unfinished: own });
    }
  }
  return { sequence, platform, environments, unfinished };
}

/** What a piece of the ledger is about. */
type Concern =
  | { readonly kind: 'everything' }
  | { readonly kind: 'some'; readonly environments: ReadonlySet<string>; readonly deployments: boolean };

const everything: Concern = { kind: 'everything' };

async function concernOf(store: Store, known: RecordedState, to: number, signal: AbortSignal): Promise<Concern> {
  if (to - known.sequence > tailMost) return everything;
  const entries = await store.entries(known.sequence, tailMost, signal);
  const homes = new Map(known.unfinished.map((row) => [row.id, row.environment]));
  const environments = new Set<string>();
  let deployments = false;
  for (const entry of entries) {
    if (entry.stream === 'platform' || entry.kind === 'ledger-recovered') return everything;
    const environment = await environmentOf(store, entry, homes, signal);
    if (environment === null) continue;
    environments.add(environment);
    deployments = true;
  }
  return { kind: 'some', environments, deployments };
}

/** The environment that an entry changes something in; null when it is about none. */
async function environmentOf(
  store: Store,
  entry: LedgerEntry,
  homes: Map<string, string>,
  signal: AbortSignal,
): Promise<string | null> {
  const [kind, name] = entry.stream.split('/');
  if (name === undefined) return null;
  if (kind === 'environment') return name;
  if (kind !== 'deployment') return null;
  const event = readEvent(entry);
  const home =
    event.kind === 'deployment-accepted'
      ? event.environment
      : (homes.get(name) ?? (await store.deployment(name, signal))?.environment ?? null);
  if (home !== null) homes.set(name, home);
  return home;
}

async function readEnvironment(
  { store, blobs }: Sources,
  name: string,
  signal: AbortSignal,
): Promise<Omit<RecordedEnvironment, 'definition' | 'unfinished'>> {
  const row = await store.revision(name, null, signal);
  const spec: Spec = row === null ? { environment: name, services: {} } : await blobs.read('spec', row.spec, signal);
  const items = await inventoryOf({ store, blobs }, name, signal);
  const revised = { revision: row?.revision ?? 0, revisedAt: row?.time ?? 0 };
  return { name, ...revised, spec, services: Object.keys(spec.services).length, items };
}

/** Environments whose newest revision names this version of the service. */
export function environmentsThatRun(
  { environments }: RecordedState,
  service: string,
  version: string,
): readonly string[] {
  return [...environments.values()]
    .filter(({ spec }) => entryOf(spec, service)?.version === version)
    .map(({ name }) => name);
}
