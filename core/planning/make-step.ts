import type { Digest } from '../hash.ts';
import { isSameRef, shownRef } from '../secret.ts';
import type { FieldChange, Step, StepChange } from '../plan.ts';
import { firstOf, spotName, type HealthCheck, type Spot, type Target, type Workload } from '../workload.ts';
import { diffFields } from './diff.ts';
import type { InventoryItem } from './inventory-item.ts';
import { stopsFirst } from './make-target.ts';

/** The step from what a spot runs to what it is to run; null when it stays as it is. */
export function makeStep(
  before: InventoryItem | null,
  after: Target | null,
  remember: (target: Target) => Digest,
  unchecked: ReadonlySet<string>,
): Step | null {
  if (before === null)
    return after === null
      ? null
      : stepFor(after, null, { kind: 'create', to: remember(after) }, notesFor(after, unchecked));
  if (after === null) return stepFor(null, before, { kind: 'remove', from: before.digest }, keptVolumes(before.target));
  const sameHash = before.target.hash === after.hash;
  const fields = changedFields(before.target, after);
  if (sameHash && fields.length === 0) {
    if (before.settled) return null;
    const change = updateOf(before, remember(after), [], false);
    return stepFor(after, before, change, ['an earlier deployment left it unknown what runs here']);
  }
  const replicasOnly = fields.length === 1 && fields[0]?.field === 'replicas';
  if (replicasOnly) {
    const counts = { fromReplicas: before.target.workload.replicas, toReplicas: after.workload.replicas };
    return stepFor(after, before, { kind: 'scale', from: before.digest, to: remember(after), ...counts }, []);
  }
  const restarts = fields.some(({ field }) => !/^(?:replicas|release|serviceLabels)(?:$|\.)/.test(field));
  const change = updateOf(before, remember(after), fields, restarts);
  const notes = restarts ? [...rotations(before.target, after), ...notesFor(after, unchecked)] : ['no task restarts'];
  return stepFor(after, before, change, notes);
}

/** Members in the order of their names, here and in `stepFor`: the plan's canonical JSON is written without sorting them. */
function updateOf(
  { digest }: InventoryItem,
  to: Digest,
  fields: readonly FieldChange[],
  restarts: boolean,
): StepChange {
  return { fields, from: digest, kind: 'update', restarts, to };
}

/** Which secrets become another version. */
function rotations(before: Target, after: Target): readonly string[] {
  if (before.workload.secrets === undefined) return [];
  const was = new Map(before.workload.secrets.map(({ secret, ref }) => [secret, ref]));
  const changed = (after.workload.secrets ?? []).flatMap(({ secret, ref }) => {
    const from = was.get(secret);
    if (from === undefined || isSameRef(from, ref)) return [];
    return [`secret ${secret}: ${shownRef(from)} -> ${ref.kind === 'version' ? ref.version : shownRef(ref)}`];
  });
  return [...new Set(changed)];
}

function changedFields(before: Target, after: Target): readonly FieldChange[] {
  const release =
    before.release === after.release ? [] : [{ field: 'release', from: before.release, to: after.release }];
  // What has the same hash is the same.
  const differing = before.hash === after.hash ? [] : diffWorkloads(before.workload, after.workload);
  return release.length === 0 ? differing : [...differing, ...release];
}

/** By both workloads on the first cluster: how they differ. On every other cluster it is the same. */
const differences = new WeakMap<Workload, WeakMap<Workload, readonly FieldChange[]>>();

function diffWorkloads(before: Workload, after: Workload): readonly FieldChange[] {
  if (before.cluster !== after.cluster) return diffFields(before, after);
  const from = firstOf(before);
  const to = firstOf(after);
  const known = differences.get(from)?.get(to);
  if (known !== undefined) return known;
  const fields = diffFields(before, after);
  const ofBefore = differences.get(from) ?? new WeakMap<Workload, readonly FieldChange[]>();
  differences.set(from, ofBefore.set(to, fields));
  return fields;
}

function stepFor(
  after: Target | null,
  before: InventoryItem | null,
  change: StepChange,
  notes: readonly string[],
): Step {
  const spot = before?.spot ?? spotOf(after);
  return {
    change,
    fromRelease: before?.target.release ?? null,
    id: spotName(spot),
    notes,
    spot,
    toRelease: after?.release ?? null,
  };
}

function spotOf(target: Target | null): Spot {
  if (target === null) throw new Error('a step has a target before or after');
  const { cluster, component, service } = target.workload;
  return { cluster, component, service };
}

function notesFor({ workload }: Target, unchecked: ReadonlySet<string>): readonly string[] {
  const order = stopsFirst(workload);
  const noCheck =
    workload.health.kind === 'none' ||
    (isOfImage(workload.health) && unchecked.has(`${workload.service}/${workload.component}`));
  return [
    ...(order === null ? [] : [order]),
    ...(noCheck ? ['no health check: running means started, not healthy'] : []),
    ...(workload.hostNetwork === true ? ['on the network of its node: other services do not find it by name'] : []),
  ];
}

/** Whether the command is the one that the image declares, be it at other times. */
function isOfImage(health: HealthCheck): boolean {
  return health.kind === 'image' || (health.kind === 'command' && health.test.length === 0);
}

function keptVolumes({ workload }: Target): readonly string[] {
  return workload.volumes.map((mount) => `the volume ${mount.volume} stays`);
}
