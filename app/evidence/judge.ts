import { setImmediate } from 'node:timers/promises';
import { digestIn } from '../../core/bom/bom.ts';
import type { Judged, JudgedProvenance, Judgement, Verdict } from '../../core/evidence/judgement.ts';
import { signersOf } from '../../core/evidence/requirements.ts';
import type { SignerDefinition } from '../../core/evidence/signer.ts';
import { tellPlace } from '../../core/evidence/tell.ts';
import { isFault } from '../../core/fault.ts';
import type { Platform } from '../../core/platform.ts';
import type { ReleaseManifest } from '../../core/release.ts';
import type { OpenedSigner, SignatureVerifier, Verification } from '../../port/signatures.ts';
import type { Blobs } from '../blobs.ts';
import type { Evidence } from './bill.ts';

export interface JudgeParts {
  readonly blobs: Pick<Blobs, 'bytes'>;
  readonly signatures: SignatureVerifier;
}

/** What is judged: a release with its evidence, by the platform's signers. */
export interface JudgeInput {
  readonly manifest: ReleaseManifest;
  readonly evidence: readonly Evidence[];
  readonly signers: NonNullable<Platform['signers']>;
}

/**
 * Of each image so many signatures are looked at, the newest first, and so many documents of provenance: five times what
 * one look at a registry brings, so that whoever pushes there has to do so time and again to hide a good one.
 */
const documentsMost = 100;

/** A sentence names at most so many signatures that do not count. */
const namedMost = 5;

/**
 * Holds what was appended to a release against signers, each time anew: a key that is taken out of the platform document
 * counts for nothing from then on. A signer whose key cannot be read lets nothing count, and says so.
 */
export async function judge(parts: JudgeParts, input: JudgeInput, signal: AbortSignal): Promise<Judged> {
  const names = Object.keys(input.signers);
  if (names.length === 0) return { signatures: [], provenances: provenancesOf(input, () => new Map()) };
  const opened = await Promise.all(
    names.map(async (name) => [name, await openSigner(parts, name, input.signers[name], signal)] as const),
  );
  const verified = new Map<Evidence, Verifications>();
  for (const it of signedOf(input)) {
    const known = knownOf(it, opened);
    const verifications = known ?? (await verificationsOf(parts, it, opened, signal));
    if (verifications !== null) verified.set(it, verifications);
    if (known === null) await setImmediate(); // each costs a millisecond or less, and there may be hundreds
  }
  const images = Object.entries(input.manifest.images).map(
    ([name, { resolved }]) => [name, digestIn(resolved)] as const,
  );
  return {
    signatures: images.flatMap(([component, image]) =>
      opened.map(([signer, it]): Judgement => {
        const unasked = typeof it === 'string' ? ({ kind: 'lacking', found: [it] } as const) : null;
        return { component, image, signer, state: unasked ?? stateOf(input, verified, image, signer) };
      }),
    ),
    provenances: provenancesOf(input, (it) => verdictsOf(it, verified.get(it))),
  };
}

/** The signers that requirements name, of all that there are. */
export function signersFor(
  platform: Pick<Platform, 'signers'>,
  requires: Parameters<typeof signersOf>[0],
): NonNullable<Platform['signers']> {
  const all = platform.signers ?? {};
  const wanted = new Set(signersOf(requires));
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name)));
}

/** The signer, or why it cannot be asked. */
async function openSigner(
  { signatures }: JudgeParts,
  name: string,
  signer: SignerDefinition | undefined,
  signal: AbortSignal,
): Promise<OpenedSigner | string> {
  try {
    if (signer === undefined) throw new Error(`no signer ${name}`);
    return await signatures.open(name, signer, signal);
  } catch (error) {
    if (!isFault(error, 'signer.unreadable')) throw error;
    return error.message.replace(/\.$/, '');
  }
}

type Opened = readonly (readonly [name: string, signer: OpenedSigner | string])[];
type Verifications = ReadonlyMap<string, Verification>;

/** What all signers say of a document without its bytes; null: one of them needs those. */
function knownOf({ row }: Evidence, opened: Opened): Verifications | null {
  const found = new Map<string, Verification>();
  for (const [name, signer] of opened) {
    const known = typeof signer === 'string' ? closed(signer) : row.document && signer.known(row.document);
    if (known === null) return null;
    found.set(name, known);
  }
  return found;
}

async function verificationsOf(
  { blobs }: JudgeParts,
  { row }: Evidence,
  opened: Opened,
  signal: AbortSignal,
): Promise<Verifications | null> {
  if (row.document === null) return null;
  const { digest, bytes, stored } = row.document;
  const document = { digest, bytes, compressed: await blobs.bytes(stored, signal) };
  const of = (signer: OpenedSigner | string) => (typeof signer === 'string' ? closed(signer) : signer.verify(document));
  return new Map(opened.map(([name, signer]) => [name, of(signer)]));
}

function closed(why: string): Verification {
  return { kind: 'invalid', why };
}

/** The newest signatures and signed provenance of each image. */
function signedOf({ evidence }: JudgeInput): readonly Evidence[] {
  const counts = new Map<string, number>();
  return evidence.toReversed().filter(({ row, summary }) => {
    const { kind } = summary;
    if (kind !== 'signature' && (kind !== 'provenance' || summary.signed !== true)) return false;
    const key = `${kind} ${row.image ?? ''}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return count < documentsMost;
  });
}

function stateOf(
  { evidence }: JudgeInput,
  verified: ReadonlyMap<Evidence, Verifications>,
  image: string,
  signer: string,
): Judgement['state'] {
  const found: string[] = [];
  for (const [{ row, summary }, verifications] of verified) {
    if (summary.kind !== 'signature' || row.image !== image) continue;
    const verdict = countsFor(image, 'signature', verifications.get(signer));
    if (verdict.kind === 'valid') return { kind: 'valid', by: verdict.by, entry: row.sequence };
    found.push(`the signature of entry ${row.sequence}: ${verdict.why}`);
  }
  if (found.length > 0) return { kind: 'lacking', found: found.slice(0, namedMost) };
  return { kind: 'lacking', found: ['no signature was found', ...lookedFor(evidence, image)] };
}

/** What the registry told when it was asked last. */
function lookedFor(evidence: readonly Evidence[], image: string): readonly string[] {
  const last = evidence.findLast(({ row, summary }) => summary.kind === 'artifacts' && row.image === image);
  if (last?.summary.kind !== 'artifacts') return [];
  const { asked, passedOver } = last.summary;
  return [...asked.map(tellPlace), ...passedOver.slice(0, namedMost).map((it) => `passed over: ${it}`)];
}

function verdictsOf({ row }: Evidence, verifications: Verifications | undefined): ReadonlyMap<string, Verdict> {
  const image = row.image ?? '';
  return new Map([...(verifications ?? [])].map(([name, it]) => [name, countsFor(image, 'provenance', it)]));
}

/** Whether what was signed is about this image, and is what it is taken for. Read from the bytes that were checked. */
function countsFor(image: string, kind: 'signature' | 'provenance', verification: Verification | undefined): Verdict {
  if (verification === undefined) return { kind: 'invalid', why: 'it was not looked at' };
  if (verification.kind === 'invalid') return verification;
  const { subjects, summary } = verification.reading;
  if (summary.kind !== kind) return { kind: 'invalid', why: `it is signed, but is no ${kind}` };
  if (!subjects.includes(image))
    return { kind: 'invalid', why: `it is of another image (${subjects[0] ?? 'of none that it names'})` };
  return { kind: 'valid', by: verification.by };
}

function provenancesOf(
  { evidence }: JudgeInput,
  verdicts: (it: Evidence) => ReadonlyMap<string, Verdict>,
): readonly JudgedProvenance[] {
  return evidence.flatMap((it): readonly JudgedProvenance[] => {
    const { row, summary } = it;
    if (summary.kind !== 'provenance' || row.image === null) return [];
    return [{ image: row.image, summary, entry: row.sequence, verdicts: verdicts(it) }];
  });
}
