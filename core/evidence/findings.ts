import type { Finding, Severity, VexStatement } from './summary.ts';
import { severities, type EvidenceSummary } from './summary.ts';

/** A finding that somebody answers for, until a moment. */
export interface Waiver {
  readonly id: string;
  readonly vulnerability: string;
  /** Null: in every service. */
  readonly service: string | null;
  readonly reason: string;
  /** In ms since 1970. */
  readonly until: number;
  readonly actor: string;
}

/** A piece of evidence of one release, as far as findings go. */
export interface FindingEvidence {
  readonly summary: EvidenceSummary;
  readonly image: string | null;
  /** When it was appended, in ms since 1970. */
  readonly at: number;
}

/** Why a finding does not count, or that it does. */
export type FindingState =
  | { readonly kind: 'open' }
  | { readonly kind: 'waived'; readonly waiver: Waiver }
  /** A VEX document says so. */
  | { readonly kind: 'not-affected'; readonly why: string | null };

/** A finding in an image of a release, and whether it counts. */
export interface JudgedFinding extends Finding {
  readonly image: string | null;
  readonly tool: string;
  readonly state: FindingState;
}

/** All findings of a release as the newest reports say, and which images were looked at, when last. */
export interface Findings {
  readonly findings: readonly JudgedFinding[];
  /** By digest of the image, in ms since 1970. */
  readonly scannedAt: ReadonlyMap<string, number>;
}

/**
 * The findings of a release: of each image and scanner the newest report counts, VEX statements in their order (the last
 * one on a vulnerability stands), then waivers that have not ended. Evidence comes oldest first.
 */
export function findingsOf(
  evidence: readonly FindingEvidence[],
  of: { readonly service: string; readonly waivers: readonly Waiver[]; readonly nowMs: number },
): Findings {
  const newest = new Map<string, FindingEvidence & { readonly summary: { readonly kind: 'scan' } }>();
  const scannedAt = new Map<string, number>();
  const statements: Filed = { byPlace: new Map(), count: 0 };
  for (const { summary, image, at } of evidence) {
    if (summary.kind === 'vex') file(statements, summary.statements, image);
    if (summary.kind !== 'scan') continue;
    newest.set(`${image ?? ''} ${summary.tool}`, { summary, image, at });
    if (image !== null) scannedAt.set(image, at);
  }
  const waivers = of.waivers.filter(
    ({ service, until }) => (service === null || service === of.service) && of.nowMs < until,
  );
  const findings = [...newest.values()].flatMap(({ summary, image }) =>
    summary.findings.map((finding): JudgedFinding => {
      return { ...finding, image, tool: summary.tool, state: stateOf(finding, image, statements, waivers) };
    }),
  );
  return { findings, scannedAt };
}

/** A statement, and how many were filed before it. */
interface FiledStatement {
  readonly at: number;
  readonly said: VexStatement;
}

/** The last statement on each vulnerability in each image. */
interface Filed {
  readonly byPlace: Map<string, FiledStatement>;
  count: number;
}

/** Stands for every image. */
const everywhere = '*';

/**
 * Files the statements of a document by vulnerability and image, over earlier ones. A release may have hundreds of
 * thousands of them and tens of thousands of findings: nothing may be looked for by going through all.
 */
function file(filed: Filed, statements: readonly VexStatement[], of: string | null): void {
  for (const said of statements) {
    const { vulnerability, images } = said;
    const named = images.length === 0 ? [of ?? everywhere] : images.filter((image) => of === null || image === of);
    for (const image of named) {
      filed.byPlace.set(`${vulnerability} ${image}`, { at: filed.count, said });
      filed.count += 1;
    }
  }
}

function stateOf(
  { id, aliases }: Finding,
  image: string | null,
  { byPlace }: Filed,
  waivers: readonly Waiver[],
): FindingState {
  const names = [id, ...aliases];
  const said = names
    .flatMap((name) => [image ?? everywhere, everywhere].flatMap((of) => byPlace.get(`${name} ${of}`) ?? []))
    .reduce<FiledStatement | null>((last, it) => (last === null || it.at > last.at ? it : last), null)?.said;
  if (said?.status === 'not_affected' || said?.status === 'fixed') return { kind: 'not-affected', why: said.why };
  const waiver = waivers.find((it) => names.includes(it.vulnerability));
  return waiver === undefined ? { kind: 'open' } : { kind: 'waived', waiver };
}

/** How many open findings, or those of other states, there are of each severity. One that two scanners report counts once. */
export function countsOf(
  findings: readonly JudgedFinding[],
  states: readonly FindingState['kind'][] = ['open'],
): Readonly<Record<Severity, number>> {
  const open = new Map<string, Severity>();
  for (const it of findings) {
    if (!states.includes(it.state.kind)) continue;
    const key = `${it.image ?? ''} ${findingName(it)} ${it.package}`;
    const before = open.get(key);
    if (before === undefined || severities.indexOf(it.severity) < severities.indexOf(before))
      open.set(key, it.severity);
  }
  const counts = Object.fromEntries(severities.map((severity) => [severity, 0])) as Record<Severity, number>;
  for (const severity of open.values()) counts[severity] += 1;
  return counts;
}

/** The CVE where there is one, so that scanners that name a finding differently agree. */
export function findingName({ id, aliases }: Finding): string {
  return [id, ...aliases].find((name) => name.startsWith('CVE-')) ?? id;
}
