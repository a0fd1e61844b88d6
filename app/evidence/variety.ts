import { setImmediate } from 'node:timers/promises';
import { digestIn, type ComponentBill } from '../../core/bom/bom.ts';
import {
  ingredientsOf,
  isAllowed,
  varietyKinds,
  type Ingredients,
  type VarietyDefinition,
  type VarietyKind,
} from '../../core/evidence/variety.ts';
import type { Recorded } from '../recorded.ts';
import { billOf, evidenceOf } from './bill.ts';
import { packagesOf } from './compared.ts';
import type { FindingParts } from './findings.ts';

/** Where something is in use. */
export interface VarietyUse {
  readonly service: string;
  readonly version: string;
  readonly component: string;
  readonly environments: readonly string[];
}

/** One base image, language or framework in use. */
export interface VarietyItem {
  readonly kind: VarietyKind;
  readonly name: string;
  /** Whether it is on the allowed list; null: there is none. */
  readonly allowed: boolean | null;
  /** Of a base image: when it was made, in ms since 1970, the oldest where they differ; null: it is not told, or no base. */
  readonly createdAt: number | null;
  /** Of a framework: the versions in use. */
  readonly versions: readonly string[];
  readonly uses: readonly VarietyUse[];
}

/** What nobody knows of a component. */
export interface VarietyGap extends VarietyUse {
  readonly kind: VarietyKind;
  readonly why: string;
}

export interface Variety {
  /** By kind and name. */
  readonly items: readonly VarietyItem[];
  readonly gaps: readonly VarietyGap[];
  /** Releases that run somewhere and were not looked at, because there are too many. */
  readonly unseen: number;
}

const releasesMost = 1_000;

/** Base images, languages and frameworks of all that the newest revisions of all environments name. */
export async function variety(
  parts: FindingParts & { readonly recorded: Recorded },
  signal: AbortSignal,
): Promise<Variety> {
  const { environments, platform } = await parts.recorded.current();
  const running = new Map<
    string,
    { readonly service: string; readonly version: string; readonly environments: string[] }
  >();
  for (const { name, spec } of environments.values()) {
    for (const [service, { version }] of Object.entries(spec.services)) {
      const key = `${service}@${version}`;
      const known = running.get(key);
      if (known === undefined) running.set(key, { service, version, environments: [name] });
      else known.environments.push(name);
    }
  }
  const tally = createTally(platform?.variety ?? {});
  for (const release of [...running.values()].slice(0, releasesMost)) {
    await setImmediate();
    const { service, version } = release;
    const row = await parts.store.release(service, version, signal);
    if (row === null) continue; // a spec names none that was never registered
    const manifest = await parts.blobs.read('manifest', row.manifest, signal);
    const evidence = await evidenceOf(parts, service, version, signal);
    for (const [component, bill] of Object.entries(billOf(manifest, evidence).components)) {
      const packages = packagesOf(evidence, digestIn(bill.image), `${component} of ${service}@${version}`);
      tally.add(ingredientsOf({ ancestors: bill.ancestors, packages, start: startOf(bill) }), {
        ...release,
        component,
      });
    }
  }
  return { ...tally.result(), unseen: Math.max(0, running.size - releasesMost) };
}

function startOf({ start, facts }: ComponentBill): string | null {
  if (facts.kind === 'known' && facts.value.entrypoint.length + facts.value.command.length > 0)
    return [...facts.value.entrypoint, ...facts.value.command].join(' ');
  return start.kind === 'known' ? start.value : null;
}

/** Gathers what components were made with. */
function createTally(lists: VarietyDefinition) {
  const items = new Map<string, { -readonly [K in keyof VarietyItem]: VarietyItem[K] }>();
  const gaps: VarietyGap[] = [];
  const note = (
    kind: VarietyKind,
    of: { readonly name: string; readonly createdAt?: number | null; readonly version?: string | null },
    use: VarietyUse,
  ) => {
    const { name, createdAt = null, version = null } = of;
    const key = `${kind} ${name}`;
    const list = { base: lists.bases, language: lists.languages, framework: lists.frameworks }[kind];
    const item = items.get(key) ?? {
      kind,
      name,
      allowed: isAllowed(name, list),
      createdAt,
      versions: [],
      uses: [],
    };
    items.set(key, item);
    if (createdAt !== null) item.createdAt = Math.min(createdAt, item.createdAt ?? createdAt);
    if (version !== null && !item.versions.includes(version)) item.versions = [...item.versions, version].toSorted();
    if (item.uses.at(-1) !== use) item.uses = [...item.uses, use];
  };
  return {
    add({ base, languages, frameworks }: Ingredients, use: VarietyUse): void {
      const { service, version, component, environments } = use;
      const place = { service, version, component, environments };
      if (base.kind === 'known') note('base', base.value, place);
      else gaps.push({ kind: 'base', why: base.why, ...place });
      if (languages.kind === 'known') for (const name of languages.value) note('language', { name }, place);
      else gaps.push({ kind: 'language', why: languages.why, ...place });
      if (frameworks.kind === 'known') for (const it of frameworks.value) note('framework', it, place);
      else gaps.push({ kind: 'framework', why: frameworks.why, ...place });
    },
    result: () => ({ items: [...items.values()].toSorted(byKind), gaps }),
  };
}

function byKind(a: VarietyItem, b: VarietyItem): number {
  const rank = varietyKinds.indexOf(a.kind) - varietyKinds.indexOf(b.kind);
  return rank !== 0 ? rank : a.name < b.name ? -1 : 1;
}
