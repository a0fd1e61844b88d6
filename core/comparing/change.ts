import { known, missing, type Answer } from '../bom/answer.ts';
import { findingName, type JudgedFinding } from '../evidence/findings.ts';
import { severities, type Package, type Severity } from '../evidence/summary.ts';

/** What a release proves, as far as a comparison asks. */
export interface ComparedEvidence {
  readonly version: string;
  readonly repository: Answer<string>;
  readonly commit: Answer<string>;
  readonly components: { readonly [component: string]: ComponentEvidence };
}

export interface ComponentEvidence {
  /** `sha256:...` */
  readonly image: string;
  /** Of the newest SBOM. */
  readonly packages: Answer<readonly Package[]>;
  /** Of the newest reports, all of them. */
  readonly findings: Answer<readonly JudgedFinding[]>;
}

/** A package that only one side has, or that has other versions; several versions are joined by commas. */
export interface PackageChange {
  readonly name: string;
  /** Null: not there. */
  readonly a: string | null;
  readonly b: string | null;
}

export interface PackageChanges {
  readonly gained: number;
  readonly lost: number;
  readonly changed: number;
  /** The first ones, by name. */
  readonly shown: readonly PackageChange[];
}

/** An open finding that only one side has. */
export interface FindingChange {
  readonly id: string;
  readonly severity: Severity;
  readonly package: string;
  readonly change: 'gained' | 'lost';
}

export interface FindingChanges {
  readonly gained: number;
  readonly lost: number;
  /** The worst ones first. */
  readonly shown: readonly FindingChange[];
}

/** What comes with another release of a service. */
export interface ReleaseChange {
  readonly service: string;
  /** Versions; null: the service is not there. */
  readonly a: string | null;
  readonly b: string | null;
  readonly repository: Answer<string>;
  readonly commits: { readonly a: Answer<string>; readonly b: Answer<string> };
  /** Of components whose image is another one. */
  readonly components: readonly ComponentChange[];
}

export interface ComponentChange {
  readonly component: string;
  readonly packages: Answer<PackageChanges>;
  readonly findings: Answer<FindingChanges>;
}

/** Packages and findings of one component that are told one by one; all are counted. */
export const shownMost = 100;

const notThere = missing('the service is not there');

/** What comes with going from one release of a service to another; null: the service is not there. */
export function changeOf(service: string, a: ComparedEvidence | null, b: ComparedEvidence | null): ReleaseChange {
  const names = new Set([...Object.keys(a?.components ?? {}), ...Object.keys(b?.components ?? {})]);
  const components = [...names].toSorted().flatMap((component): readonly ComponentChange[] => {
    const [mine, theirs] = [partOf(a, component), partOf(b, component)];
    if (mine?.image === theirs?.image) return [];
    return [{ component, packages: packagesOf(mine, theirs), findings: findingsBetween(mine, theirs) }];
  });
  return {
    service,
    a: a?.version ?? null,
    b: b?.version ?? null,
    repository: repositoryOf(a, b),
    commits: { a: a?.commit ?? notThere, b: b?.commit ?? notThere },
    components,
  };
}

function partOf(evidence: ComparedEvidence | null, component: string): ComponentEvidence | undefined {
  const { components = {} } = evidence ?? {};
  return Object.hasOwn(components, component) ? components[component] : undefined;
}

/** One that both were built from. */
function repositoryOf(a: ComparedEvidence | null, b: ComparedEvidence | null): Answer<string> {
  const [mine, theirs] = [a?.repository ?? notThere, b?.repository ?? notThere];
  if (mine.kind === 'missing' || theirs.kind === 'missing') return mine.kind === 'known' ? mine : theirs;
  return mine.value === theirs.value ? theirs : missing(`${mine.value} before, ${theirs.value} after`);
}

/** Packages are only told where both are known: a whole image's list says nothing of a change. */
function packagesOf(a: ComponentEvidence | undefined, b: ComponentEvidence | undefined): Answer<PackageChanges> {
  if (a === undefined || b === undefined) return missing('only one side has the component');
  if (a.packages.kind === 'missing') return a.packages;
  if (b.packages.kind === 'missing') return b.packages;
  const [before, after] = [versionsOf(a.packages.value), versionsOf(b.packages.value)];
  const all = [...new Set([...before.keys(), ...after.keys()])]
    .toSorted()
    .map((name): PackageChange => ({ name, a: before.get(name) ?? null, b: after.get(name) ?? null }))
    .filter((change) => change.a !== change.b);
  const gained = all.filter((change) => change.a === null).length;
  const lost = all.filter((change) => change.b === null).length;
  const shown = all.slice(0, shownMost);
  const source =
    a.packages.source === b.packages.source ? a.packages.source : `${a.packages.source}; ${b.packages.source}`;
  return known({ gained, lost, changed: all.length - gained - lost, shown }, source);
}

/** Versions by package. A package URL without its version, qualifiers and subpath is what makes two the same. */
function versionsOf(packages: readonly Package[]): ReadonlyMap<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const { name, version, purl } of packages) {
    const key = purl?.replace(/[?#].*$/, '').replace(/@[^@/]*$/, '') ?? name;
    const found = versions.get(key) ?? new Set();
    versions.set(key, found.add(version ?? '?'));
  }
  return new Map([...versions].map(([key, all]) => [key, [...all].toSorted().join(', ')]));
}

function findingsBetween(a: ComponentEvidence | undefined, b: ComponentEvidence | undefined): Answer<FindingChanges> {
  if (a?.findings.kind === 'missing') return a.findings;
  if (b?.findings.kind === 'missing') return b.findings;
  const [before, after] = [openOf(a?.findings.value ?? []), openOf(b?.findings.value ?? [])];
  const only = (of: typeof before, other: typeof before, change: FindingChange['change']) =>
    [...of].flatMap(([key, it]) => (other.has(key) ? [] : [{ ...it, change }]));
  const [gained, lost] = [only(after, before, 'gained'), only(before, after, 'lost')];
  const shown = [...gained, ...lost].toSorted(worstFirst).slice(0, shownMost);
  return known({ gained: gained.length, lost: lost.length, shown }, 'the newest reports');
}

function worstFirst(one: FindingChange, other: FindingChange): number {
  const rank = severities.indexOf(one.severity) - severities.indexOf(other.severity);
  return rank !== 0 ? rank : one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}

/** What counts, once however many scanners report it and in whatever version of the package it is. */
function openOf(findings: readonly JudgedFinding[]): ReadonlyMap<string, Omit<FindingChange, 'change'>> {
  const open = new Map<string, Omit<FindingChange, 'change'>>();
  for (const it of findings) {
    if (it.state.kind !== 'open') continue;
    const id = findingName(it);
    const key = `${id} ${it.package}`;
    const known = open.get(key);
    if (known !== undefined && severities.indexOf(known.severity) <= severities.indexOf(it.severity)) continue;
    open.set(key, { id, severity: it.severity, package: it.package });
  }
  return open;
}
