import { Fault } from '../core/fault.ts';
import type { Page, PageRequest, Store } from '../port/store.ts';
import type { App, EnvironmentDetail, EnvironmentSummary } from './api.ts';
import { seenIn, troubleOf, type Seen } from './component-status.ts';
import type { Look, Looks } from './looks.ts';
import { pageOfNames } from './name-pages.ts';
import type { PlatformState } from './platform.ts';
import type { Recorded, RecordedEnvironment } from './recorded.ts';
import { newestKept, olderPins } from './secrets/uses.ts';
import { statusesOf } from './statuses.ts';

export interface EnvironmentParts {
  readonly store: Store;
  readonly platform: PlatformState;
  readonly recorded: Recorded;
  readonly looks: Looks;
}

/** How old a look may be that is shown as the present, in ms: a thousand who ask at once cost one look. */
const lookAgeMs = 2_000;

/** Environments of the platform by name, those whose name contains the text. */
export async function environmentSummaries(
  parts: Pick<EnvironmentParts, 'platform' | 'recorded'>,
  { search = '' }: Parameters<App['environments']>[0],
  page: PageRequest,
  signal: AbortSignal,
): Promise<Page<EnvironmentSummary>> {
  // Rejects when there is no platform yet.
  await parts.platform.current(signal);
  const { environments } = await parts.recorded.current();
  const names = [...environments.keys()].filter((name) => name.includes(search.toLowerCase()));
  const { items, next } = pageOfNames(names, page);
  return { items: items.flatMap((name) => environments.get(name) ?? []).map(summaryOf), next };
}

/** An environment in one line. */
export function summaryOf({ name, definition, ...of }: RecordedEnvironment): EnvironmentSummary {
  const { revision, services, unfinished } = of;
  return { name, clusters: definition.clusters, revision, services, unfinished: unfinished.length };
}

/** One environment: what is to run, and what a look at its clusters shows just now, or showed 2 s ago. */
export async function environmentDetail(
  parts: EnvironmentParts,
  name: string,
  signal: AbortSignal,
): Promise<EnvironmentDetail> {
  const { clusters } = await parts.platform.environment(name, signal);
  // The looks before the ledger: whatever a look shows of a deployment's work, the ledger knows of it then.
  const looks = new Map(
    await Promise.all(
      clusters.map(async (it): Promise<[string, Look]> => [it, await parts.looks.recent(it, name, lookAgeMs)]),
    ),
  );
  const { items } = await parts.store.deployments({ environment: name }, { limit: 10 }, signal);
  const recorded = (await parts.recorded.current()).environments.get(name);
  if (recorded === undefined)
    throw new Fault('environment.unknown', `The environment ${name} has just left the platform.`);
  const seen = new Map([...looks].map(([cluster, look]) => [cluster, seenBy(look)]));
  return {
    ...summaryOf(recorded),
    spec: recorded.spec.services,
    observed: [...looks].map(([cluster, look]) => ({
      cluster,
      simulated: look.kind === 'seen' && look.sighting.simulated,
      observedAt:
        look.kind === 'seen'
          ? look.sighting.observedAtMs
          : (parts.looks.newestComplete(cluster, name)?.sighting.observedAtMs ?? null),
      trouble: troubleOf(look),
    })),
    components: statusesOf(recorded, seen),
    olderSecrets: await olderSecrets(parts, recorded, signal),
    deployments: items,
  };
}

/** Of what is kept elsewhere the newest version is not known without asking there: plans do. */
async function olderSecrets(
  { store }: Pick<EnvironmentParts, 'store'>,
  { name, definition: { secrets: elsewhere = {} }, spec: { services } }: RecordedEnvironment,
  signal: AbortSignal,
): Promise<EnvironmentDetail['olderSecrets']> {
  if (Object.values(services).every(({ secrets }) => secrets === undefined)) return [];
  const rows = await store.secretVersions(name, signal);
  return olderPins(services, newestKept(rows.filter(({ secret }) => !Object.hasOwn(elsewhere, secret))));
}

function seenBy(look: Look): Seen {
  const trouble = troubleOf(look);
  if (look.kind === 'seen' && trouble === null) return seenIn(look.sighting);
  return { kind: 'blind', message: trouble ?? '' };
}
