import { canonical } from '../core/canonical.ts';
import { erasableContentsOf } from '../core/content.ts';
import { eventVersions } from '../core/event.ts';
import { Fault } from '../core/fault.ts';
import type { Digest } from '../core/hash.ts';
import { toPayload, type NewEntry } from '../core/ledger.ts';
import type { AppendRequest, StreamAppend } from '../port/store.ts';

/** Entries that one request may hold. */
const entriesMost = 1_000;

/** Bytes of entries and blobs that one request may hold. */
const requestBytesMost = 16 * 1024 * 1024;

/** What an entry weighs beside its payload: hashes, numbers and member names. */
const entryOverheadBytes = 256;

export interface PreparedEntry {
  readonly actor: string;
  readonly kind: string;
  readonly v: number;
  /** Canonical JSON. */
  readonly payloadText: string;
}

export interface PreparedAppend {
  readonly stream: string;
  readonly expectedVersion: number;
  readonly entries: readonly PreparedEntry[];
}

/** An append request as it goes to the writer: checked, serialised, weighed. */
export interface PreparedRequest {
  /** Milliseconds since 1970, for all entries of the request. */
  readonly timeMs: number;
  readonly appends: readonly PreparedAppend[];
  readonly blobs: readonly Uint8Array[];
  /** Digests of those blobs that may be erased one day. */
  readonly erasable: readonly Digest[];
  /** Generation of the lease that must be the last one granted; null where none is needed. */
  readonly lease: number | null;
  /** About what the request adds to the database. */
  readonly weightBytes: number;
}

/**
 * Checks and serialises a request. Throws `request.invalid` for what cannot be stored as JSON and for a stream name or
 * actor that is empty, longer than 512 characters or holds control characters; `request.too-large` above 1,000 entries
 * or 16 MiB.
 */
export function prepare(request: AppendRequest, timeMs: number): PreparedRequest {
  const appends = request.appends.map(prepareAppend);
  const blobs = request.blobs ?? [];
  const entries = appends.flatMap((append) => append.entries);
  const events = request.appends.flatMap((append) => append.entries.map(({ event }) => event));
  const erasable = blobs.length === 0 ? [] : events.flatMap(erasableContentsOf).map(({ digest }) => digest);
  const entryBytes = entries.map((entry) => Buffer.byteLength(entry.payloadText) + entryOverheadBytes);
  const weightBytes = sum(entryBytes) + sum(blobs.map((blob) => blob.byteLength));
  if (entries.length > entriesMost || weightBytes > requestBytesMost) {
    throw new Fault('request.too-large', 'More was to be recorded at once than the ledger takes.', {
      facts: { entries: entries.length, entriesMost, bytes: weightBytes, bytesMost: requestBytesMost },
      next: 'Record it in several parts.',
    });
  }
  return { timeMs: Math.trunc(timeMs), appends, blobs, erasable, lease: request.lease ?? null, weightBytes };
}

function prepareAppend(append: StreamAppend): PreparedAppend {
  const { stream, expectedVersion } = append;
  checkName('stream', stream);
  if (!Number.isSafeInteger(expectedVersion) || expectedVersion < 0) {
    throw new Fault('request.invalid', `The expected version ${expectedVersion} of ${stream} is no count of entries.`);
  }
  return { stream, expectedVersion, entries: append.entries.map((entry) => prepareEntry(stream, entry)) };
}

function prepareEntry(stream: string, entry: NewEntry): PreparedEntry {
  checkName('actor', entry.actor);
  const payloadText = serialise(stream, entry);
  return { actor: entry.actor, kind: entry.event.kind, v: eventVersions[entry.event.kind] ?? 1, payloadText };
}

function serialise(stream: string, entry: NewEntry): string {
  try {
    return canonical(toPayload(entry.event));
  } catch (cause) {
    throw new Fault('request.invalid', `The ${entry.event.kind} for ${stream} holds what JSON cannot say.`, { cause });
  }
}

function checkName(what: string, name: string): void {
  if (name.isWellFormed() && /^[^\p{Cc}]{1,512}$/u.test(name)) return;
  throw new Fault('request.invalid', `The ${what} ${JSON.stringify(name.slice(0, 80))} cannot be recorded.`, {
    next: 'Use 1 to 512 characters, none of them a control character.',
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
