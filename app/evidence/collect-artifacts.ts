import { hostOf } from '../../core/bom/ancestors.ts';
import { digestIn } from '../../core/bom/bom.ts';
import type { ArtifactsSummary, EvidenceSummary } from '../../core/evidence/summary.ts';
import { Fault } from '../../core/fault.ts';
import { sha256, type Digest } from '../../core/hash.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { Clock } from '../../port/clock.ts';
import type { EvidenceReader, ReadEvidence } from '../../port/evidence.ts';
import type { FoundDocument, Registry } from '../../port/registry.ts';
import type { ReleaseRow } from '../../port/store.ts';
import type { Actor } from '../api.ts';
import { by, retryOnConflict, streams } from '../append.ts';
import { toBlob } from '../blobs.ts';
import type { PlatformState } from '../platform.ts';
import type { Turns } from '../turns.ts';
import { appendDocument, imageOf, type AttachParts } from './attach.ts';
import { evidenceOf, type Evidence } from './bill.ts';
import { collected } from './entries.ts';

export interface ArtifactParts extends AttachParts {
  readonly registry: Pick<Registry, 'artifacts'>;
  readonly evidenceReader: EvidenceReader;
  readonly platform: PlatformState;
  readonly clock: Pick<Clock, 'now' | 'timeout'>;
  /** Lets one document after the other into the server's memory, of all releases that are made at the same time. */
  readonly documentTurns: Turns;
}

/** How long all images of a release may take, but for the document under way: a release never fails for want of evidence. */
const collectMs = 10_000;

/** How long reading the last one may take besides: together less than the 30 s of a request. */
const readMs = 15_000;

/**
 * What is taken from a registry by itself. Reports and VEX are not: whoever may push there could take findings away, or
 * bury a release under them. They are handed in by somebody who may.
 */
const takenKinds: ReadonlySet<string> = new Set(['signature', 'provenance', 'sbom']);

/**
 * Appends what lies beside the images of a release at their registry: signatures, provenance, SBOMs. What is there already
 * changes nothing; what was looked for and not found is recorded when it differs from what was told before.
 */
export async function collectArtifacts(
  parts: ArtifactParts,
  actor: Actor,
  of: { readonly row: ReleaseRow; readonly manifest: ReleaseManifest },
  signal: AbortSignal,
): Promise<void> {
  const { registries } = (await parts.platform.current(signal)).platform;
  const evidence = await evidenceOf(parts, of.row.service, of.row.version, signal);
  const end = parts.clock.now() + collectMs;
  for (const [image, resolved] of inTurn(of.manifest, evidence)) {
    const known = documentsOf(image, evidence);
    const asking = { ...of, image, resolved, registries, end, known };
    const summary = parts.clock.now() < end ? await collectOf(parts, actor, asking, signal) : notAsked(resolved);
    if (summary !== null) await appendSummary(parts, actor, of.row, { image, summary }, signal);
  }
}

/** Why a registry was not asked at all. Told on the ledger, and read again there. */
const noTimeLeft = `no time was left for it: all images of a release have ${collectMs / 1000} s`;

function notAsked(resolved: string): ArtifactsSummary {
  const asked = [{ place: hostOf(resolved), outcome: { kind: 'untold', why: noTimeLeft } as const }];
  return { kind: 'artifacts', asked, taken: 0, passedOver: [] };
}

/**
 * The images of a release, digest and reference: first those that were never asked for, then those of which something
 * was not told, then the others; of these the ones first whose last answer is the oldest. So each repetition comes
 * to images that the one before did not come to, however slow a registry is.
 */
function inTurn(manifest: ReleaseManifest, evidence: readonly Evidence[]): readonly (readonly [string, string])[] {
  const images = new Map(Object.values(manifest.images).map(({ resolved }) => [digestIn(resolved), resolved]));
  const turns = [...images].map(([image, resolved]) => {
    const last = evidence.findLast(({ row, summary }) => summary.kind === 'artifacts' && row.image === image);
    return { image, resolved, rank: askedRank(last?.summary), at: last?.row.sequence ?? 0 };
  });
  return turns.toSorted((a, b) => a.rank - b.rank || a.at - b.at).map(({ image, resolved }) => [image, resolved]);
}

function askedRank(last: EvidenceSummary | undefined): number {
  if (last?.kind !== 'artifacts') return 0;
  const untold = last.asked.flatMap(({ outcome }) => (outcome.kind === 'untold' ? [outcome.why] : []));
  return untold.includes(noTimeLeft) ? 0 : untold.length > 0 ? 1 : 2;
}

/** Digests of the documents that the image has of what is taken from a registry. */
function documentsOf(image: string, evidence: readonly Evidence[]): ReadonlySet<Digest> {
  const own = evidence.filter(({ row }) => row.image === image && takenKinds.has(row.kind));
  return new Set(own.flatMap(({ row }) => (row.document === null ? [] : [row.document.digest])));
}

type Registries = Parameters<Registry['artifacts']>[1];

async function collectOf(
  parts: ArtifactParts,
  actor: Actor,
  of: {
    readonly row: ReleaseRow;
    readonly manifest: ReleaseManifest;
    readonly image: string;
    readonly resolved: string;
    readonly registries: Registries;
    /** When no more is begun, in ms since 1970. */
    readonly end: number;
    readonly known: ReadonlySet<Digest>;
  },
  signal: AbortSignal,
): Promise<ArtifactsSummary | null> {
  const { asked, documents, known, passedOver } = await askRegistry(parts, of, signal);
  if (asked.length === 0) return null;
  const left = [...passedOver];
  let taken = known;
  for (const document of documents) {
    const why = await take(parts, actor, { ...of, document }, signal);
    if (why === null) taken += 1;
    else left.push(`${document.from}: ${why}`);
  }
  return { kind: 'artifacts', asked, taken, passedOver: left };
}

/** What a registry's credentials, or anything else before the first question, may fail with is told as well. */
async function askRegistry(
  { registry, clock }: ArtifactParts,
  of: {
    readonly resolved: string;
    readonly registries: Registries;
    readonly end: number;
    readonly known: ReadonlySet<Digest>;
  },
  signal: AbortSignal,
) {
  try {
    const asking = { ms: of.end - clock.now(), known: of.known };
    return await registry.artifacts(of.resolved, of.registries, asking, signal);
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    const outcome = { kind: 'untold', why: cause.message.replace(/\.$/, '') } as const;
    return { asked: [{ place: hostOf(of.resolved), outcome }], documents: [], known: 0, passedOver: [] };
  }
}

/** Why a document was not taken; null: it is there. */
async function take(
  parts: ArtifactParts,
  actor: Actor,
  of: {
    readonly row: ReleaseRow;
    readonly manifest: ReleaseManifest;
    readonly image: string;
    readonly end: number;
    readonly document: FoundDocument;
  },
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const read = await fetchAndRead(parts, of, signal);
    if (typeof read === 'string') return read;
    const { kind } = read.summary;
    if (!takenKinds.has(kind)) return `a document of the kind ${kind} is taken from nobody's registry`;
    const pick = (evidence: readonly Evidence[]) => imageOf(of.manifest, evidence, read, { image: of.image });
    await appendDocument(parts, actor, { row: of.row, manifest: of.manifest, read, pick }, signal);
    return null;
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    return cause.message.replace(/\.$/, '');
  }
}

/** Fetches a document when it is its turn, and reads it; or why not. Reading lasts as long as its turn does. */
async function fetchAndRead(
  parts: ArtifactParts,
  { document, end }: { readonly document: FoundDocument; readonly end: number },
  signal: AbortSignal,
): Promise<ReadEvidence | string> {
  const left = end - parts.clock.now();
  if (left <= 0) return noTimeLeft;
  const deadline = AbortSignal.any([signal, parts.clock.timeout(left)]);
  try {
    return await parts.documentTurns(async () => {
      const content = await document.content(deadline);
      return await readFound(parts, content, signal);
    }, deadline);
  } catch (cause) {
    if (cause instanceof Fault || signal.aborted || !deadline.aborted) throw cause;
    return noTimeLeft;
  }
}

/** Whoever may push to a registry must not be able to stop a release: whatever reading fails for, it is told. */
async function readFound(
  { evidenceReader, clock }: ArtifactParts,
  content: Uint8Array,
  signal: AbortSignal,
): Promise<ReadEvidence | string> {
  const deadline = AbortSignal.any([signal, clock.timeout(readMs)]);
  try {
    return await evidenceReader.read(content, false, deadline);
  } catch (cause) {
    if (cause instanceof Fault || signal.aborted) throw cause;
    return deadline.aborted ? `reading it took longer than ${readMs / 1000} s` : 'it cannot be read';
  }
}

async function appendSummary(
  parts: ArtifactParts,
  actor: Actor,
  { service, version }: ReleaseRow,
  { image, summary }: { readonly image: string; readonly summary: ArtifactsSummary },
  signal: AbortSignal,
): Promise<void> {
  await retryOnConflict(async () => {
    const stream = streams.release(service, version);
    const expectedVersion = await parts.store.version(stream, signal);
    const last = (await evidenceOf(parts, service, version, signal)).findLast(
      ({ row }) => row.kind === 'artifacts' && row.image === image,
    );
    if (last?.row.summary === sha256(toBlob(summary))) return;
    const { event, blobs } = collected({ service, version }, summary, { image, chain: null });
    await parts.store.append({ appends: [{ stream, expectedVersion, entries: by(actor.id, [event]) }], blobs }, signal);
  });
}
