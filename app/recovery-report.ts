import { digestOf } from '../core/hash.ts';
import type { SeenWorkload } from '../core/sighting.ts';
import { parseCheckpoint, type Checkpoint } from '../core/tree/checkpoint.ts';
import { parseNote } from '../core/tree/note.ts';
import { spotName } from '../core/workload.ts';
import type { Store } from '../port/store.ts';
import type { Look, Looks } from './looks.ts';
import type { Recorded, RecordedEnvironment } from './recorded.ts';
import type { Recovery } from './recovery.ts';
import type { Fence, RecoveryFinding, RecoveryFindingKind, RecoveryReport } from './recovery-api.ts';

export interface RecoveryReportParts {
  readonly store: Store;
  readonly recovery: Recovery;
  readonly recorded: Recorded;
  readonly looks: Looks;
  /** The signed checkpoint that the ledger does not fit, as it was published; null when it fits. */
  readonly unfit: (signal: AbortSignal) => Promise<string | null>;
}

const findingsMost = 1_000;

/** Looks at every cluster anew, if a recovery is needed, and compares. Rejects with the store's Fault. */
export async function reportRecovery(parts: RecoveryReportParts, signal: AbortSignal): Promise<RecoveryReport> {
  const { store, recovery } = parts;
  const need = recovery.need();
  const base = { head: await store.head(signal), fence: await recovery.fence(signal) };
  if (need === null) return { reason: null, ...base, ...nothingFound };
  const { findings, unseen, highestSeen } = await lookAround(parts, base.fence, signal);
  const note = await parts.unfit(signal);
  const signed = note === null ? null : readCheckpoint(note);
  const unfinished = await store.unfinished({}, signal);
  const shown = {
    head: base.head.hash,
    note,
    highestSeen,
    findings,
    unseen: unseen.map(({ cluster, environment }) => `${cluster}/${environment}`),
    unfinished: unfinished.map(({ id }) => id),
  };
  return {
    reason: need.message,
    ...base,
    signed,
    highestSeen,
    findings: findings.slice(0, findingsMost),
    findingCount: findings.length,
    unseen,
    unfinished,
    confirm: digestOf(shown),
  };
}

const nothingFound = {
  signed: null,
  highestSeen: 0,
  findings: [],
  findingCount: 0,
  unseen: [],
  unfinished: [],
  confirm: null,
} as const;

function readCheckpoint(note: string): Checkpoint | null {
  const parsed = parseNote(note);
  return parsed === null ? null : parseCheckpoint(parsed);
}

type Unseen = RecoveryReport['unseen'][number];

async function lookAround({ store, recorded, looks }: RecoveryReportParts, fence: Fence, signal: AbortSignal) {
  const { environments } = await recorded.current();
  const places = [...environments.values()].flatMap((of) => of.definition.clusters.map((cluster) => ({ of, cluster })));
  const sights = await Promise.all(
    places.map(async (place) => ({ ...place, look: await looks.look(place.cluster, place.of.name) })),
  );
  const findings: RecoveryFinding[] = [];
  const unseen: Unseen[] = [];
  let highestSeen = 0;
  for (const { of, cluster, look } of sights) {
    const trouble = troubleOf(look);
    if (trouble !== null) unseen.push({ cluster, environment: of.name, trouble });
    if (look.kind === 'blind') continue;
    const { workloads, complete } = look.sighting;
    highestSeen = workloads.reduce((most, { generation }) => Math.max(most, generation), highestSeen);
    for (const seen of workloads.filter(({ engineId }) => engineId !== '')) {
      const kind = await kindOf(store, seen, of, fence, signal);
      if (kind !== null) findings.push(findingOf(kind, of.name, seen));
    }
    if (complete) findings.push(...missingFrom(of, cluster, workloads));
  }
  const keyOf = (it: RecoveryFinding) => `${it.cluster} ${it.environment} ${it.service} ${it.component}`;
  return { findings: findings.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)), unseen, highestSeen };
}

function troubleOf(look: Look): string | null {
  if (look.kind === 'blind') return look.message;
  return look.sighting.complete ? null : look.sighting.gaps.join('; ');
}

/** What is to be told of an object; null when it is as the ledger says. */
async function kindOf(
  store: Store,
  seen: SeenWorkload,
  of: RecordedEnvironment,
  { base, highest }: Fence,
  signal: AbortSignal,
): Promise<RecoveryFindingKind | null> {
  if (seen.generation > highest) return 'newer';
  const isUnknown =
    seen.deployment !== null && seen.generation > base && (await store.deployment(seen.deployment, signal)) === null;
  if (isUnknown) return 'unknown-deployment';
  const item = of.items.find(({ spot }) => spotName(spot) === spotName(seen));
  if (item === undefined) return 'not-recorded';
  return item.target.hash === seen.workload ? null : 'differs';
}

function missingFrom(
  of: RecordedEnvironment,
  cluster: string,
  workloads: readonly SeenWorkload[],
): readonly RecoveryFinding[] {
  const there = new Set(workloads.filter(({ engineId }) => engineId !== '').map(spotName));
  return of.items.flatMap(({ spot }) => {
    if (spot.cluster !== cluster || there.has(spotName(spot))) return [];
    return [
      { kind: 'missing' as const, environment: of.name, ...spot, release: null, deployment: null, generation: 0 },
    ];
  });
}

function findingOf(kind: RecoveryFindingKind, environment: string, seen: SeenWorkload): RecoveryFinding {
  const { cluster, service, component, release, deployment, generation } = seen;
  return { kind, environment, cluster, service, component, release, deployment, generation };
}
