import type { LedgerEvent } from '../../../../core/event.ts';
import { isJsonObject } from '../../../../core/json.ts';
import type { EntriesView } from '../../../../wire/ledger.ts';

export type Entry = EntriesView['entries'][number];
type Payload = Entry['payload'];

/** A piece of a sentence: words, or the name of something that has a page. */
export type Piece =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'deployment'; readonly id: string }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'release'; readonly service: string; readonly version: string };

interface Telling {
  /** What the filter calls this kind. */
  readonly label: string;
  readonly tell: (payload: Payload) => readonly Piece[];
}

/** How many services a sentence names. */
const namedMost = 5;

const tellings: Readonly<Record<LedgerEvent['kind'], Telling>> = {
  'deployment-accepted': {
    label: 'Deployment accepted',
    tell: (it) => [
      words('Accepted '),
      deployment(it),
      words(' to '),
      environment(it),
      words(`: ${listed(it['services'])} (${text(it, 'reason')})`),
    ],
  },
  'deployment-queued': {
    label: 'Deployment queued',
    tell: (it) => [words('Queued '), deployment(it), words(' in '), environment(it)],
  },
  'deployment-started': { label: 'Deployment started', tell: (it) => [words('Started '), deployment(it)] },
  'deployment-ended': {
    label: 'Deployment ended',
    tell: (it) => [
      words('Ended '),
      deployment(it),
      words(`: ${text(it, 'outcome').replaceAll('-', ' ')}${afterwards(it)}`),
    ],
  },
  'cancel-requested': {
    label: 'Cancel asked for',
    tell: (it) => [
      words('Asked to cancel '),
      deployment(it),
      words(it['leave'] === true ? ', leaving what has changed' : ' and roll it back'),
    ],
  },
  'rollback-started': {
    label: 'Rollback started',
    tell: (it) => [words('Began to roll back '), deployment(it), words(because(it))],
  },
  'step-started': { label: 'Step started', tell: (it) => [words(`Began to change ${spot(it)} by `), deployment(it)] },
  'step-verified': { label: 'Step verified', tell: (it) => [words(`Verified ${spot(it)} of `), deployment(it)] },
  'step-failed': {
    label: 'Step failed',
    tell: (it) => [words(`Could not change ${spot(it)} by `), deployment(it), words(because(it))],
  },
  'revert-started': {
    label: 'Way back started',
    tell: (it) => [words(`Began to take back ${spot(it)} of `), deployment(it)],
  },
  'revert-verified': { label: 'Way back verified', tell: (it) => [words(`Took back ${spot(it)} of `), deployment(it)] },
  'revert-failed': {
    label: 'Way back failed',
    tell: (it) => [words(`Could not take back ${spot(it)} of `), deployment(it), words(because(it))],
  },
  'spec-revised': {
    label: 'Spec revised',
    tell: (it) => [environment(it), words(` is at revision ${text(it, 'revision')} by `), deployment(it)],
  },
  'platform-applied': {
    label: 'Platform applied',
    tell: (it) => [words(`Applied revision ${text(it, 'revision')} of the platform document`)],
  },
  'evidence-appended': {
    label: 'Evidence appended',
    tell: (it) => [
      words(`Appended ${text(it, 'evidence')} to `),
      { kind: 'release', service: text(it, 'service'), version: text(it, 'version') },
      words(refusedText(it)),
    ],
  },
  'finding-waived': {
    label: 'Finding waived',
    tell: (it) => [words(`Waived ${text(it, 'vulnerability')}: ${text(it, 'reason')}`)],
  },
  'release-registered': {
    label: 'Release registered',
    tell: (it) => [
      words('Registered '),
      { kind: 'release', service: text(it, 'service'), version: text(it, 'version') },
    ],
  },
  'request-accepted': {
    label: 'Request accepted',
    tell: (it) => [words('Noted the idempotency key of '), deployment(it)],
  },
  'lease-granted': { label: 'Lease granted', tell: (it) => [words(`Let ${text(it, 'driver')} drive`)] },
  'token-created': { label: 'Token made', tell: (it) => [words(newToken(it))] },
  'token-revoked': { label: 'Token revoked', tell: (it) => [words(`Revoked the token ${text(it, 'token')}`)] },
  'signing-key-changed': {
    label: 'Signing key changed',
    tell: (it) => [words(`Signs with the key ${text(it, 'key')} from here on`)],
  },
  'content-erased': { label: 'Content erased', tell: () => [words('Erased content that entries name')] },
  'secret-set': {
    label: 'Secret set',
    tell: (it) => [
      words(`Set the secret ${text(it, 'secret')} of `),
      environment(it),
      words(` to a new version, ${text(it, 'version')}`),
    ],
  },
  'secret-revoked': {
    label: 'Secret revoked',
    tell: (it) => [
      words(`Revoked version ${text(it, 'version')} of the secret ${text(it, 'secret')} of `),
      environment(it),
    ],
  },
  'secret-rewrapped': {
    label: 'Secret sealed anew',
    tell: (it) => [
      words(`Sealed version ${text(it, 'version')} of the secret ${text(it, 'secret')} under the new key in `),
      environment(it),
    ],
  },
  'secret-opened': {
    label: 'Secret opened',
    tell: (it) => [
      words(`Opened version ${text(it, 'version')} of the secret ${text(it, 'secret')} for ${spot(it)} by `),
      deployment(it),
    ],
  },
  'registry-password-opened': {
    label: 'Registry password opened',
    tell: (it) => [
      words(`Opened version ${text(it, 'version')} of the secret ${text(it, 'secret')} of `),
      environment(it),
      words(
        ` for the registry ${text(it, 'registry')}${it['cluster'] === null ? '' : `, given to ${text(it, 'cluster')}`}`,
      ),
    ],
  },
  'secret-key-rotated': {
    label: 'Secret key changed',
    tell: (it) => [words(`Seals secrets under the key ${text(it, 'key')} from here on`)],
  },
  'ledger-recovered': {
    label: 'Ledger recovered',
    tell: () => [words('Went on from a restored backup: what came after it is lost')],
  },
};

/** Kinds of entries that the filter offers, with what it calls them. */
export const kindOptions: readonly { readonly value: string; readonly label: string }[] = Object.entries(tellings)
  .map(([value, { label }]) => ({ value, label }))
  .toSorted((a, b) => a.label.localeCompare(b.label));

/** What an entry says, as one sentence. Of a kind that this version does not know, it says only that. */
export function entryText({ kind, stream, payload }: Pick<Entry, 'kind' | 'stream' | 'payload'>): readonly Piece[] {
  if (isKnown(kind)) return tellings[kind].tell(payload);
  return [words(`${kind} on ${stream}: of a newer version than this page`)];
}

function isKnown(kind: string): kind is LedgerEvent['kind'] {
  return Object.hasOwn(tellings, kind);
}

function words(it: string): Piece {
  return { kind: 'words', text: it };
}

function deployment(payload: Payload): Piece {
  return { kind: 'deployment', id: text(payload, 'deployment') };
}

function environment(payload: Payload): Piece {
  return { kind: 'environment', name: text(payload, 'environment') };
}

/** A member as text; `?` when an entry of another version does not have it. */
function text(payload: Payload, key: string): string {
  const value = payload[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

function object(value: Payload[string] | undefined): Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : {};
}

function spot(payload: Payload): string {
  const it = object(payload['spot']);
  return `${text(it, 'service')}/${text(it, 'component')} on ${text(it, 'cluster')}`;
}

function because(payload: Payload): string {
  const { kind, message } = object(payload['cause']);
  if (typeof message === 'string') return `: ${message}`;
  return typeof kind === 'string' ? `: ${kind.replaceAll('-', ' ')}` : '';
}

function afterwards(payload: Payload): string {
  const { unknown } = payload;
  if (!Array.isArray(unknown) || unknown.length === 0) return '';
  return `, ${unknown.length} ${unknown.length === 1 ? 'step' : 'steps'} unknown`;
}

function newToken(payload: Payload): string {
  const name = tokenName(payload['name']);
  if (payload['use'] === 'session')
    return `Signed a browser in${name === '' ? '' : ` as ${name}`} (${text(payload, 'role')})`;
  return `Made the token ${text(payload, 'token')}${name === '' ? '' : ` for ${name}`} (${text(payload, 'role')})`;
}

/** A name that the entry itself holds; empty where it only names content that may be erased. */
function tokenName(name: Payload[string] | undefined): string {
  if (typeof name === 'string') return name;
  return isJsonObject(name) && typeof name['text'] === 'string' ? name['text'] : '';
}

function listed(value: Payload[string] | undefined): string {
  const names = Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  const more = names.length - namedMost;
  return `${names.slice(0, namedMost).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Which environments that run the release would refuse it from then on. */
function refusedText(payload: Payload): string {
  const { standings } = payload;
  const refusing = (Array.isArray(standings) ? standings : []).map(object).flatMap((it) => {
    const { environment: name, lacks } = it;
    return typeof name === 'string' && Array.isArray(lacks) && lacks.length > 0 ? [name] : [];
  });
  return refusing.length === 0 ? '' : `, which ${listed(refusing)} would refuse now`;
}
