import type { ReleaseManifest } from '../release.ts';
import { firstKnown, known, missing, type Answer } from './answer.ts';
import { mergeBuilds, type BuildFacts } from './build.ts';
import type { Ancestor, ImageFacts, ImageTags } from './image.ts';
import { operationOf, tellingOf, type Operation } from './operation.ts';

/** What a bill of materials answers of one component. */
export interface ComponentBill extends Operation {
  /** As the release resolved it, with its digest. */
  readonly image: string;
  readonly facts: Answer<ImageFacts>;
  readonly ancestors: Answer<readonly Ancestor[]>;
  readonly tags: Answer<ImageTags>;
}

/** All that a release answers of itself, each answer known with its source, or missing with the reason. */
export interface BillOfMaterials {
  readonly service: string;
  readonly version: string;
  readonly build: BuildFacts;
  readonly owner: Answer<string>;
  readonly project: Answer<string>;
  readonly runbook: Answer<string>;
  readonly monitor: Answer<string>;
  readonly components: { readonly [component: string]: ComponentBill };
  /** Whatever else its team said. */
  readonly meta: { readonly [key: string]: string };
}

/** What a bill is made of, the evidence in the order in which it was appended. */
export interface BillInput {
  readonly manifest: ReleaseManifest;
  readonly builds: readonly BuildFacts[];
  /** By digest as the release names it. */
  readonly images: ReadonlyMap<string, readonly Answer<ImageFacts>[]>;
}

/** Images whose configuration claims an earlier date were built reproducibly: their date says nothing (year 1980). */
export const earliestMs = 315_532_800_000;

/** Works out the bill of materials of a release. What was recorded first stands; what came later fills what was missing. */
export function makeBom({ manifest, builds, images }: BillInput): BillOfMaterials {
  const { service, version, definition } = manifest.identity;
  const telling = tellingOf(definition);
  const build = mergeBuilds(builds);
  const components = Object.entries(manifest.images).map(([component, { resolved }]): [string, ComponentBill] => {
    const facts = lastOrFirstKnown(images.get(digestIn(resolved)) ?? []);
    return [
      component,
      {
        image: resolved,
        facts,
        ...operationOf(definition, component, facts, telling.probes),
        ancestors: ofFacts(facts, (it) => it.ancestors),
        tags: ofFacts(facts, (it) => it.tags),
      },
    ];
  });
  return {
    service,
    version,
    build: { ...build, startedAt: firstKnown([build.startedAt, oldestImage(components)]) },
    owner: telling.owner,
    project: firstKnown([telling.project, build.project, projectOf(build.repository)]),
    runbook: telling.runbook,
    monitor: telling.monitor,
    components: Object.fromEntries(components),
    meta: manifest.meta,
  };
}

/** `sha256:...` at the end of a resolved reference. */
export function digestIn(resolved: string): string {
  return resolved.split('@').at(-1) ?? resolved;
}

function lastOrFirstKnown(answers: readonly Answer<ImageFacts>[]): Answer<ImageFacts> {
  return firstKnown([missing('the registry was not asked'), ...answers]);
}

function ofFacts<T>(facts: Answer<ImageFacts>, member: (facts: ImageFacts) => Answer<T>): Answer<T> {
  return facts.kind === 'known' ? member(facts.value) : facts;
}

/** The newest image's date stands for the build where the builder does not tell. */
function oldestImage(components: readonly (readonly [string, ComponentBill])[]): Answer<number> {
  const dates = components.flatMap(([, { facts }]) => (facts.kind === 'known' ? [facts.value.createdAt ?? 0] : []));
  const newest = dates.reduce((a, b) => Math.max(a, b), 0);
  return newest < earliestMs
    ? missing('neither the builder nor an image tells')
    : known(newest, 'configuration of the newest image');
}

function projectOf(repository: Answer<string>): Answer<string> {
  const name = repository.kind === 'known' ? /([^/:]+?)(?:\.git)?$/.exec(repository.value)?.[1] : undefined;
  return name === undefined
    ? missing('no x-drayage.project, and the builder does not tell')
    : known(name, 'repository');
}
