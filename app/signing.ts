import { Fault } from '../core/fault.ts';
import type { LedgerEvent } from '../core/event.ts';
import { checkpointText, type SignedCheckpoint } from '../core/tree/checkpoint.ts';
import { formatKeyChange, keyChangeText } from '../core/tree/key-change.ts';
import { formatNote, formatVerifierKey, type VerifierKey } from '../core/tree/note.ts';
import type { Store } from '../port/store.ts';
import type { SigningKeyChange } from './ledger-api.ts';
import { by, retryOnConflict, self } from './append.ts';
import { treePage } from './ledger-tree.ts';
import { compareWithSigned, type SignedHeadParts } from './signed-head.ts';
import { ledgerStream, readKeyHistory, type KeyHistory } from './signing-keys.ts';

/** Whether checkpoints of the ledger may be signed. */
export type Standing =
  | { readonly kind: 'signing' }
  /** A checkpoint was signed of more, or of something else: nothing is signed until the ledger is recovered. */
  | { readonly kind: 'behind'; readonly fault: Fault }
  /** The key is not the one that the ledger names. */
  | { readonly kind: 'key-changed'; readonly fault: Fault };

type KeyEvent = Extract<LedgerEvent, { readonly kind: 'signing-key-changed' }>;

/** Signs checkpoints of the ledger. One call at a time. */
export interface Signing {
  standing(): Standing;
  /** The signed checkpoint that reaches furthest, published already; null before the first. */
  newest(): SignedCheckpoint | null;
  /** Signs and publishes one checkpoint over all that is durable by now, if there is something new. */
  advance(signal: AbortSignal): Promise<void>;
  /** Compares the ledger with the published checkpoint anew: after a recovery was recorded. */
  assess(signal: AbortSignal): Promise<void>;
  /** Puts a new key in force. `ledger.behind` when nothing may be signed. */
  rotate(actor: string, signal: AbortSignal): Promise<SigningKeyChange>;
  /** Prepares a key of this name; the event that puts it in force with the first `assess` and `advance` after it. */
  prepareKeyChange(name: string, signal: AbortSignal): Promise<KeyEvent>;
}

export interface SigningParts extends SignedHeadParts {
  readonly store: Store;
}

/** What signs, and how it stands. */
interface Desk extends SigningParts {
  history: KeyHistory;
  standing: Standing;
  newest: { readonly checkpoint: SignedCheckpoint; readonly by: VerifierKey } | null;
}

/**
 * A change of the key goes: prepare the next key, record it, sign a checkpoint over that entry with the old key, put the
 * next key in force, sign with it. Killed between any two steps, `advance` finishes what was recorded, and what was
 * not is as if it had never begun: the ledger says which key signs. Rejects with Faults of the store and the signer.
 */
export async function openSigning(parts: SigningParts, signal: AbortSignal): Promise<Signing> {
  const history = await readKeyHistory(parts.store, signal);
  const desk: Desk = { ...parts, history, standing: { kind: 'signing' }, newest: null };
  await assess(desk, signal);
  return {
    standing: () => desk.standing,
    newest: () => desk.newest?.checkpoint ?? null,
    advance: async (at) => await advance(desk, at),
    assess: async (at) => await assess(desk, at),
    rotate: async (actor, at) => await rotate(desk, actor, at),
    prepareKeyChange: async (name, at) => await prepareKeyChange(desk, name, at),
  };
}

async function assess(desk: Desk, signal: AbortSignal): Promise<void> {
  await takeIn(desk, signal);
  desk.history = await readKeyHistory(desk.store, signal);
  const found = await compareWithSigned(desk, desk.history, signal);
  desk.newest = found.kind === 'fits' ? found : null;
  desk.standing = found.kind === 'behind' ? found : { kind: 'signing' };
  if (found.kind === 'behind') desk.logger.error(found.fault.message, { ...found.fault.facts, next: found.fault.next });
}

async function advance(desk: Desk, signal: AbortSignal): Promise<void> {
  if (desk.standing.kind !== 'signing' || !(await settleKey(desk, signal))) return;
  await takeIn(desk, signal);
  const size = desk.tree.size();
  if (size > 0 && !isCovered(desk, size, desk.signer.key())) await sign(desk, signal);
}

async function rotate(desk: Desk, actor: string, signal: AbortSignal): Promise<SigningKeyChange> {
  if (desk.standing.kind === 'behind') throw desk.standing.fault;
  const { signer } = desk;
  const isLost = desk.standing.kind === 'key-changed' || !(await settleKey(desk, signal));
  const previous = desk.history.present;
  const event: KeyEvent = isLost
    ? { kind: 'signing-key-changed', key: formatVerifierKey(signer.key()), previous, handover: null }
    : await prepareKeyChange(desk, signer.key().name, signal);
  const change = await record(desk, actor, event, signal);
  desk.standing = { kind: 'signing' };
  await advance(desk, signal);
  return change;
}

/** Brings the key in force to what the ledger says; false when that cannot be. */
async function settleKey(desk: Desk, signal: AbortSignal): Promise<boolean> {
  const { signer, history } = desk;
  const key = signer.key();
  const own = formatVerifierKey(key);
  if (history.present === own) return true;
  if (history.present === null) {
    await record(desk, self, { kind: 'signing-key-changed', key: own, previous: null, handover: null }, signal);
    return true;
  }
  const next = signer.next();
  if (next === null || formatVerifierKey(next) !== history.present) {
    desk.standing = { kind: 'key-changed', fault: otherKey(own, history.present) };
    return false;
  }
  // Under a new name begins what a recovery made of the ledger: the old name's last checkpoint stays what was lost.
  if (next.name === key.name && !isCovered(desk, history.since, key)) {
    await takeIn(desk, signal);
    await sign(desk, signal);
  }
  await signer.useNext(signal);
  return true;
}

async function prepareKeyChange({ signer, history }: Desk, name: string, signal: AbortSignal): Promise<KeyEvent> {
  const present = signer.key();
  const next = await signer.prepareNext(name, signal);
  const isOurs = history.present === formatVerifierKey(present);
  return {
    kind: 'signing-key-changed',
    key: formatVerifierKey(next),
    previous: history.present,
    handover: isOurs ? formatKeyChange(present, next, signer.sign(keyChangeText(present, next))) : null,
  };
}

async function record(desk: Desk, actor: string, event: KeyEvent, signal: AbortSignal): Promise<SigningKeyChange> {
  const { store, logger } = desk;
  const entry = await retryOnConflict(async () => {
    const expectedVersion = await store.version(ledgerStream, signal);
    const appends = [{ stream: ledgerStream, expectedVersion, entries: by(actor, [event]) }];
    return (await store.append({ appends }, signal)).entries[0];
  });
  if (entry === undefined) throw new Error('the store answered without the entry');
  desk.history = await readKeyHistory(store, signal);
  const { key, previous } = event;
  logger.info('the signing key of the ledger', { key, previous });
  return { key, previous, sequence: entry.sequence };
}

async function takeIn({ tree }: Desk, signal: AbortSignal): Promise<void> {
  // A page that is not full is the last one.
  for (let taken = treePage; taken === treePage;) taken = await tree.grow(signal);
}

async function sign(desk: Desk, signal: AbortSignal): Promise<void> {
  const { signer, tree } = desk;
  const key = signer.key();
  const head = { origin: key.name, size: tree.size(), root: tree.root() };
  const text = checkpointText(head);
  const note = formatNote({ text, signatures: [{ name: key.name, id: key.id, signature: signer.sign(text) }] });
  await signer.publish(note, signal);
  desk.newest = { checkpoint: { ...head, note }, by: key };
}

function isCovered({ newest }: Desk, sequence: number, key: VerifierKey): boolean {
  return newest !== null && newest.checkpoint.size >= sequence && newest.by.id === key.id;
}

function otherKey(own: string, recorded: string): Fault {
  return new Fault('ledger.key-changed', `The signing key is ${own}, but the ledger names ${recorded}.`, {
    facts: { key: own, recorded },
    next: 'Put the right key file back and start the server again; if it is lost for good: dray ledger rotate-key.',
  });
}
