import type { Digest } from '../core/hash.ts';
import { expectationFor, inventoryAhead, specAhead } from '../core/planning/ahead.ts';
import type { InventoryItem } from '../core/planning/inventory-item.ts';
import { expectationOf, type Expectation } from '../core/rollout/expectation.ts';
import { fold } from '../core/rollout/step.ts';
import type { Spec } from '../core/spec.ts';
import type { Target } from '../core/workload.ts';
import type { DeploymentRow, Store } from '../port/store.ts';
import { streams } from './append.ts';
import type { Blobs } from './blobs.ts';
import { deploymentEvents } from './deployments.ts';

interface AheadParts {
  readonly store: Pick<Store, 'stream'>;
  readonly blobs: Blobs;
}

/**
 * The newest so many are looked at: each was planned on those before it. Who builds on one that is left out is refused as
 * stale when its turn comes.
 */
const foreseenMost = 64;

/** An unfinished deployment on whose end a plan builds. */
export interface Foreseen {
  readonly deployment: string;
  /** As much of it as the plan is about. */
  readonly expectation: Expectation;
  /** Those of its services that the plan is about. */
  readonly services: readonly string[];
}

/**
 * What lies ahead of a plan about `services`: the unfinished deployments that hold any of them, in the order in which
 * they take their turns. It waits for them, so what it is to change is what they leave, and not what runs now. One that
 * it would supersede is not among them, for it never begins.
 */
export async function foresee(
  { store, blobs }: AheadParts,
  unfinished: readonly DeploymentRow[],
  { services, waiting }: { readonly services: ReadonlySet<string>; readonly waiting: 'queue' | 'supersede' },
  signal: AbortSignal,
): Promise<readonly Foreseen[]> {
  const foreseen: Foreseen[] = [];
  const shares = unfinished
    .filter(({ phase }) => phase !== 'queued' || waiting === 'queue')
    .map((row) => ({ row, shared: row.services.filter((service) => services.has(service)) }))
    .filter(({ shared }) => shared.length > 0);
  for (const { row, shared } of shares.slice(-foreseenMost)) {
    const plan = await blobs.read('plan', row.plan, signal);
    const rollout = fold(deploymentEvents(await store.stream(streams.deployment(row.id), signal)));
    const expectation = expectationOf(plan, rollout);
    if (expectation === null) continue;
    foreseen.push({ deployment: row.id, expectation: expectationFor(services, expectation), services: shared });
  }
  return foreseen;
}

export function foreseenSpec(current: Spec, foreseen: readonly Foreseen[]): Spec {
  return foreseen.length === 0 ? current : specAhead(current, expectations(foreseen));
}

export async function foreseenInventory(
  { blobs }: AheadParts,
  inventory: readonly InventoryItem[],
  foreseen: readonly Foreseen[],
  signal: AbortSignal,
): Promise<readonly InventoryItem[]> {
  if (foreseen.length === 0) return inventory;
  const targets = new Map<Digest, Target>();
  const digests = expectations(foreseen).flatMap(({ spots }) => spots.flatMap(({ target }) => target ?? []));
  for (const digest of new Set(digests)) targets.set(digest, await blobs.read('target', digest, signal));
  return inventoryAhead(inventory, expectations(foreseen), targets);
}

/** The newest of those whose success brings what is asked, when a plan has nothing left to do; null when none does. */
export function bringerOf(foreseen: readonly Foreseen[]): Foreseen | null {
  return foreseen.findLast(({ expectation }) => expectation.way === 'on') ?? null;
}

/** What a reader of the plan has to know of them. */
export function foreseenWarnings(
  foreseen: readonly Foreseen[],
  { isEmpty }: { readonly isEmpty: boolean },
): readonly string[] {
  return foreseen.map(({ deployment, expectation: { way }, services }) => {
    const what = `${deployment}, which ${way === 'on' ? 'changes' : 'takes back'} ${services.join(', ')}`;
    if (isEmpty) return `On its way already: ${what}.`;
    return `Planned as if ${what}, had ended: refused should that not ${way === 'on' ? 'succeed' : 'be rolled back'}.`;
  });
}

function expectations(foreseen: readonly Foreseen[]): readonly Expectation[] {
  return foreseen.map(({ expectation }) => expectation);
}
