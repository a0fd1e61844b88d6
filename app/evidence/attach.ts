import { digestIn } from '../../core/bom/bom.ts';
import type { LedgerEvent } from '../../core/event.ts';
import { recordedStandings, type Standing } from '../../core/evidence/standing.ts';
import { Fault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { EvidenceReader, ReadEvidence } from '../../port/evidence.ts';
import type { Clock } from '../../port/clock.ts';
import type { EvidenceRow, ReleaseRow, Store } from '../../port/store.ts';
import { requireAccess } from '../access.ts';
import type { Actor } from '../api.ts';
import { by, retryOnConflict, streams } from '../append.ts';
import type { Blobs } from '../blobs.ts';
import type { Recorded } from '../recorded.ts';
import { evidenceOf, type Evidence } from './bill.ts';
import type { JudgeParts } from './judge.ts';
import { standingsOf } from './standing.ts';

export interface AttachParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly evidenceReader: EvidenceReader;
  readonly clock: Pick<Clock, 'now'>;
  readonly recorded: Recorded;
  readonly signatures: JudgeParts['signatures'];
}

/** A document that somebody hands in. */
export interface AttachInput {
  readonly content: Uint8Array;
  readonly compressed: boolean;
  /** Whose image it speaks of, where it does not say so itself; null: its own subject, or the only image. */
  readonly component: string | null;
}

/** Reads a document and appends it to a release. The same document of the same image again changes nothing. */
export async function attachEvidence(
  parts: AttachParts,
  actor: Actor,
  of: { readonly row: ReleaseRow; readonly input: AttachInput },
  signal: AbortSignal,
): Promise<void> {
  const { service } = of.row;
  requireAccess(actor, 'release', { environment: null, services: [service] });
  const read = await parts.evidenceReader.read(of.input.content, of.input.compressed, signal);
  const manifest = await parts.blobs.read('manifest', of.row.manifest, signal);
  const pick = (evidence: readonly Evidence[]) => imageOf(manifest, evidence, read, { component: of.input.component });
  await appendDocument(parts, actor, { row: of.row, manifest, read, pick }, signal);
}

/** Appends a document that was read to the image that `pick` finds for it; once. */
export async function appendDocument(
  parts: Omit<AttachParts, 'evidenceReader'>,
  actor: Actor,
  of: {
    readonly row: ReleaseRow;
    readonly manifest: ReleaseManifest;
    readonly read: ReadEvidence;
    readonly pick: (evidence: readonly Evidence[]) => string;
  },
  signal: AbortSignal,
): Promise<void> {
  const { service, version } = of.row;
  const { manifest, read } = of;
  const { digest, bytes, compressed, summaryBytes } = read;
  const summary = sha256(summaryBytes);
  await retryOnConflict(async () => {
    const stream = streams.release(service, version);
    const expectedVersion = await parts.store.version(stream, signal);
    const evidence = await evidenceOf(parts, service, version, signal);
    const image = of.pick(evidence);
    if (evidence.some(({ row }) => row.document?.digest === digest && row.image === image)) return;
    const standings = await standingsThen(parts, { manifest, evidence, read, image, actor: actor.id }, signal);
    const event: LedgerEvent = {
      kind: 'evidence-appended',
      service,
      version,
      evidence: read.summary.kind,
      image,
      chain: null,
      summary,
      document: { digest, bytes, stored: sha256(compressed) },
      ...(standings.length === 0 ? {} : { standings: recordedStandings(standings) }),
    };
    const entries = by(actor.id, [event]);
    const blobs = [summaryBytes, compressed];
    await parts.store.append({ appends: [{ stream, expectedVersion, entries }], blobs }, signal);
  });
}

/** How the release stands where it runs once the document is part of its evidence. */
async function standingsThen(
  parts: Omit<AttachParts, 'evidenceReader'>,
  of: {
    readonly manifest: ReleaseManifest;
    readonly evidence: readonly Evidence[];
    readonly read: ReadEvidence;
    readonly image: string;
    readonly actor: string;
  },
  signal: AbortSignal,
): Promise<readonly Standing[]> {
  const { manifest, evidence, read, image, actor } = of;
  const { service, version } = manifest.identity;
  const { summary } = read;
  const document = { digest: read.digest, bytes: read.bytes, stored: sha256(read.compressed) };
  const row: EvidenceRow = {
    service,
    version,
    kind: summary.kind,
    image,
    chain: null,
    summary: sha256(read.summaryBytes),
    document,
    sequence: (evidence.at(-1)?.row.sequence ?? 0) + 1,
    time: parts.clock.now(),
    actor,
  };
  // A signature is held against its signers before it is stored.
  const bytes: Blobs['bytes'] = async (digest, at) =>
    digest === document.stored ? read.compressed : await parts.blobs.bytes(digest, at);
  const then = { ...parts, blobs: { ...parts.blobs, bytes } };
  return await standingsOf(then, manifest, [...evidence, { row, summary }], signal);
}

/**
 * The image of the release that a document speaks of. What it names itself goes first: a report of another image is
 * refused, whoever says that it belongs here.
 */
export function imageOf(
  manifest: ReleaseManifest,
  evidence: readonly Evidence[],
  { subjects, summary }: ReadEvidence,
  of: { readonly component: string | null } | { readonly image: string },
): string {
  const images = Object.entries(manifest.images).map(([name, { resolved }]) => [name, digestIn(resolved)] as const);
  const known = namesOfImages(
    images.map(([, image]) => image),
    evidence,
  );
  const named = subjects.flatMap((subject) => known.get(subject) ?? []);
  const component = 'component' in of ? of.component : null;
  const asked = 'image' in of ? of.image : (images.find(([name]) => name === component)?.[1] ?? null);
  if (component !== null && asked === null) {
    throw new Fault('request.invalid', `The release has no component ${component}.`, {
      facts: { component, components: images.map(([name]) => name) },
    });
  }
  const { service, version } = manifest.identity;
  const mustName = summary.kind === 'provenance' || summary.kind === 'signature';
  if ((subjects.length > 0 || mustName) && (asked === null ? named.length === 0 : !named.includes(asked))) {
    throw new Fault('evidence.foreign', `The document speaks of another image than those of ${service}@${version}.`, {
      facts: { subjects: subjects.slice(0, 10), images: images.map(([, image]) => image) },
      next: 'Append it to the release whose image it speaks of.',
    });
  }
  const found = asked ?? named[0];
  if (found !== undefined) return found;
  const [only, ...others] = new Set(images.map(([, image]) => image));
  if (only !== undefined && others.length === 0) return only;
  throw new Fault(
    'request.invalid',
    'The document does not say of which image it speaks, and the release has several.',
    {
      facts: { components: images.map(([name]) => name) },
      next: 'Name the component.',
    },
  );
}

/** Every digest under which scanners know an image of the release: as it is named, its platform's manifest, its id. */
function namesOfImages(images: readonly string[], evidence: readonly Evidence[]): ReadonlyMap<string, string> {
  const names = new Map(images.map((image) => [image, image]));
  for (const { row, summary } of evidence) {
    if (summary.kind !== 'image' || summary.facts.kind !== 'known' || row.image === null) continue;
    names.set(summary.facts.value.manifest, row.image);
    names.set(summary.facts.value.config, row.image);
  }
  return names;
}
