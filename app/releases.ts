import { Fault, isFault } from '../core/fault.ts';
import { digestOf, sha256 } from '../core/hash.ts';
import { readTemplateFile } from '../core/compose/template-file.ts';
import { diffFields } from '../core/planning/diff.ts';
import type { Platform } from '../core/platform.ts';
import type { ReleaseIdentity, ReleaseImage, ReleaseManifest } from '../core/release.ts';
import type { Clock } from '../port/clock.ts';
import type { Documents } from '../port/documents.ts';
import type { EvidenceReader } from '../port/evidence.ts';
import type { Registry } from '../port/registry.ts';
import type { SignatureVerifier } from '../port/signatures.ts';
import type { ReleaseRow, Store } from '../port/store.ts';
import { requireAccess } from './access.ts';
import type { Actor } from './api.ts';
import type { ReleaseDetail, ReleaseInput } from './release-api.ts';
import { by, receiptOf, streams } from './append.ts';
import { toBlob, type Blobs } from './blobs.ts';
import { billOf, evidenceOf } from './evidence/bill.ts';
import { collectArtifacts } from './evidence/collect-artifacts.ts';
import { collectImages } from './evidence/collect-images.ts';
import { collected, imageEvidence, type Recordable } from './evidence/entries.ts';
import { releaseFindings } from './evidence/findings.ts';
import { judge } from './evidence/judge.ts';
import { standingsOf } from './evidence/standing.ts';
import type { PlatformState } from './platform.ts';
import type { Turns } from './turns.ts';
import { environmentsThatRun, type Recorded } from './recorded.ts';

/** The largest file that a config may hold: Swarm takes 1,000 KB. */
const fileBytesMost = 1_000 * 1_024;

export interface ReleaseParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly documents: Documents;
  readonly registry: Registry;
  readonly platform: PlatformState;
  readonly recorded: Recorded;
  readonly signatures: SignatureVerifier;
  readonly evidenceReader: EvidenceReader;
  readonly documentTurns: Turns;
  readonly clock: Pick<Clock, 'timeout' | 'now'>;
}

/** Reads, resolves and freezes a release. The same again is the same; other content is `release.differs`. */
export async function registerRelease(
  parts: ReleaseParts,
  actor: Actor,
  input: ReleaseInput,
  signal: AbortSignal,
): Promise<ReleaseDetail> {
  const { service, version } = input;
  requireAccess(actor, 'release', { environment: null, services: [service] });
  const read = await parts.documents.readDefinition(input.compose, { service }, input.vars, signal);
  const files = gatherFiles(input, read.files, read.inline);
  for (const path of read.templates) readTemplateFile(path, files.get(path) ?? new Uint8Array(), read.parameters);
  const images = await resolveImages(parts, read.images, signal);
  const identity: ReleaseIdentity = {
    service,
    version,
    definition: read.definition,
    images: Object.fromEntries(Object.entries(images).map(([component, image]) => [component, image.resolved])),
    files: Object.fromEntries([...files].map(([path, bytes]) => [path, sha256(bytes)])),
  };
  const manifest: ReleaseManifest = {
    identity,
    parameters: read.parameters,
    images,
    source: input.compose,
    meta: input.meta,
    warnings: read.warnings,
    ...(read.templates.length === 0 ? {} : { templates: read.templates }),
  };
  const existing = await parts.store.release(service, version, signal);
  if (existing !== null) return await again(parts, actor, { row: existing, identity }, signal);
  const evidence = await collectEvidence(parts, input, manifest, signal);
  try {
    const { row, receipt } = await append(parts, actor, { manifest, files, evidence }, signal);
    await collectArtifacts(parts, actor, { row, manifest }, signal);
    return {
      row,
      manifest,
      receipt,
      created: true,
      runsIn: [],
      standings: [],
      ...(await told(parts, manifest, signal)),
    };
  } catch (error) {
    if (!isFault(error, 'store.conflict')) throw error;
    const winner = await parts.store.release(service, version, signal);
    if (winner === null) throw error;
    return await again(parts, actor, { row: winner, identity }, signal);
  }
}

/** What the builder told, and what the registry tells now: a tag that moves later did not stand for this release. */
async function collectEvidence(
  parts: ReleaseParts,
  { service, version, build = null }: ReleaseInput,
  manifest: ReleaseManifest,
  signal: AbortSignal,
): Promise<readonly Recordable[]> {
  const { registries } = (await parts.platform.current(signal)).platform;
  const resolved = Object.values(manifest.images).map((image) => image.resolved);
  const images = await collectImages(parts, resolved, registries, signal);
  const release = { service, version };
  return [
    ...(build === null ? [] : [collected(release, { kind: 'build', build })]),
    ...images.map((image) => imageEvidence(release, image)),
  ];
}

/** What is written of a new release. */
interface NewRelease {
  readonly manifest: ReleaseManifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly evidence: readonly Recordable[];
}

async function append(
  parts: ReleaseParts,
  actor: Actor,
  { manifest, files, evidence }: NewRelease,
  signal: AbortSignal,
): Promise<Pick<ReleaseDetail, 'row' | 'receipt'>> {
  const { service, version } = manifest.identity;
  const identity = digestOf(manifest.identity);
  const blob = toBlob(manifest);
  const event = { kind: 'release-registered', service, version, identity, manifest: sha256(blob) } as const;
  const events = [event, ...evidence.map((it) => it.event)];
  const { entries } = await parts.store.append(
    {
      appends: [{ stream: streams.release(service, version), expectedVersion: 0, entries: by(actor.id, events) }],
      blobs: [blob, ...files.values(), ...evidence.flatMap((it) => it.blobs)],
    },
    signal,
  );
  const [entry] = entries;
  if (entry === undefined) throw new Error('the store answered without the entry');
  const { sequence, time } = entry;
  const row: ReleaseRow = { service, version, identity, manifest: event.manifest, sequence, time, actor: actor.id };
  return { row, receipt: receiptOf(entry) };
}

/** The release that is there, when its identity is the same, with what has come to lie beside its images since. */
async function again(
  parts: ReleaseParts,
  actor: Actor,
  { row, identity }: { readonly row: ReleaseRow; readonly identity: ReleaseIdentity },
  signal: AbortSignal,
): Promise<ReleaseDetail> {
  const detail = await releaseDetail(parts, row, signal);
  if (row.identity === digestOf(identity)) {
    await collectArtifacts(parts, actor, { row, manifest: detail.manifest }, signal);
    return await releaseDetail(parts, row, signal);
  }
  const differences = diffFields(detail.manifest.identity, identity);
  const shown = differences
    .slice(0, 5)
    .map(({ field, from, to }) => `${field}: ${JSON.stringify(from)} is now ${JSON.stringify(to)}`);
  const more = differences.length > shown.length ? `, and ${differences.length - shown.length} more` : '';
  throw new Fault(
    'release.differs',
    `${row.service} ${row.version} is registered with other content: ${shown.join('; ')}${more}.`,
    {
      facts: {
        service: row.service,
        version: row.version,
        differences: differences.map(({ field, from, to }) => ({ field, from, to })),
      },
      next: 'A release never changes: register this content as a new version.',
    },
  );
}

/** What is needed to tell of a release. */
type TellParts = Pick<ReleaseParts, 'store' | 'blobs' | 'clock' | 'platform' | 'signatures'>;

async function told(
  parts: TellParts,
  manifest: ReleaseManifest,
  signal: AbortSignal,
): Promise<Pick<ReleaseDetail, 'bom' | 'evidence' | 'findings' | 'signatures'>> {
  const { service, version } = manifest.identity;
  const evidence = await evidenceOf(parts, service, version, signal);
  const findings = await releaseFindings(parts, service, evidence, signal);
  const { platform } = await parts.platform.current(signal);
  const { signatures } = await judge(parts, { manifest, evidence, signers: platform.signers ?? {} }, signal);
  const judged = signatures.map((it) => ({ ...it, requiredBy: environmentsThatAsk(platform, it.signer) }));
  return { evidence, bom: billOf(manifest, evidence), findings, signatures: judged };
}

function environmentsThatAsk({ environments }: Platform, signer: string): readonly string[] {
  const asking = Object.entries(environments).filter(([, { requires }]) => requires?.signatures?.includes(signer));
  return asking.map(([name]) => name);
}

/** A registered release with its manifest, its receipt and its evidence. */
export async function releaseDetail(
  parts: TellParts & Pick<ReleaseParts, 'recorded'>,
  row: ReleaseRow,
  signal: AbortSignal,
): Promise<ReleaseDetail> {
  const { store, blobs, recorded } = parts;
  const manifest = await blobs.read('manifest', row.manifest, signal);
  const [entry] = await store.entries(row.sequence - 1, 1, signal);
  if (entry === undefined) throw new Fault('store.broken', `Entry ${row.sequence} of the ledger is missing.`);
  const runsIn = environmentsThatRun(await recorded.current(), row.service, row.version);
  const known = await told(parts, manifest, signal);
  const standings = await standingsOf(parts, manifest, known.evidence, signal);
  return { row, manifest, receipt: receiptOf(entry), created: false, runsIn, standings, ...known };
}

/** One release by name; `service.unknown` or `release.unknown` when there is none. */
export async function findRelease(
  store: Store,
  service: string,
  version: string,
  signal: AbortSignal,
): Promise<ReleaseRow> {
  const row = await store.release(service, version, signal);
  if (row !== null) return row;
  const { items } = await store.releases({ service }, { limit: 5 }, signal);
  if (items.length === 0) {
    throw new Fault('service.unknown', `No release of ${service} was ever registered.`, {
      facts: { service },
      next: `Register one: dray release ${service} ${version} -f compose.yaml. "dray releases" lists all.`,
    });
  }
  const versions = items.map((item) => item.version);
  throw new Fault('release.unknown', `${service} has no release ${version}.`, {
    facts: { service, version, newest: versions },
    next: `The newest are ${versions.join(', ')}. Register this one with: dray release ${service} ${version} -f compose.yaml.`,
  });
}

function gatherFiles(
  input: ReleaseInput,
  named: readonly string[],
  inline: { readonly [path: string]: string },
): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>(
    Object.entries(inline).map(([path, text]) => [path, new TextEncoder().encode(text)]),
  );
  const missing = named.filter((path) => !input.files.has(path));
  if (missing.length > 0)
    throw new Fault(
      'request.invalid',
      `The definition names ${missing.join(', ')}, which did not come with the request.`,
      { facts: { missing } },
    );
  const unnamed = [...input.files.keys()].filter((path) => !named.includes(path));
  if (unnamed.length > 0)
    throw new Fault('request.invalid', `The definition does not name ${unnamed.join(', ')}.`, { facts: { unnamed } });
  for (const [path, bytes] of input.files) files.set(path, bytes);
  for (const [path, bytes] of files) {
    if (bytes.length <= fileBytesMost) continue;
    throw new Fault(
      'request.too-large',
      `The file ${path} has ${bytes.length} bytes; a config holds at most ${fileBytesMost}.`,
      { facts: { path, bytes: bytes.length } },
    );
  }
  return files;
}

async function resolveImages(
  { registry, platform }: ReleaseParts,
  references: { readonly [component: string]: string },
  signal: AbortSignal,
) {
  const registries = (await platform.current(signal)).platform.registries;
  const resolved = await Promise.all(
    Object.entries(references).map(async ([component, reference]): Promise<[string, ReleaseImage]> => {
      const image = await registry.resolve(reference, registries, signal);
      return [component, { reference, ...image }];
    }),
  );
  return Object.fromEntries(resolved);
}
