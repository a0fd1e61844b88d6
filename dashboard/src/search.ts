import type { ResponseOf, CallInput } from './api/address.ts';

type Raw = Record<string, unknown>;
type Health = keyof ResponseOf<'overview'>['healths'];
type DeploymentsFilter = NonNullable<CallInput<'listDeployments'>['query']>;
type Phase = NonNullable<DeploymentsFilter['phase']>;
type Outcome = NonNullable<DeploymentsFilter['outcome']>;

export const healths: readonly Health[] = ['healthy', 'converging', 'degraded', 'missing', 'unknown'];
export const phases: readonly Phase[] = ['queued', 'active', 'ended'];
export const outcomes: readonly Outcome[] = [
  'succeeded',
  'failed',
  'rolled-back',
  'rollback-failed',
  'cancelled',
  'refused',
  'superseded',
];

/** What stands in the address of a page: what it does not know or cannot use is left out. */
export interface OverviewSearch {
  readonly q?: string;
  readonly health?: Health;
}

export function readOverviewSearch(raw: Raw): OverviewSearch {
  return { ...text(raw, 'q'), ...oneOf(raw, 'health', healths) };
}

export interface EnvironmentSearch {
  /** Text that a service's name contains. */
  readonly q?: string;
  /** The service whose log is open. */
  readonly logs?: string;
  /** The deployment to whose state a rollback is being considered; `newest` for the one before the newest revision. */
  readonly rollback?: string;
}

export function readEnvironmentSearch(raw: Raw): EnvironmentSearch {
  return { ...text(raw, 'q'), ...text(raw, 'logs'), ...text(raw, 'rollback') };
}

export interface DeploymentsSearch {
  readonly q?: string;
  readonly environment?: string;
  readonly service?: string;
  readonly phase?: Phase;
  readonly outcome?: Outcome;
}

export function readDeploymentsSearch(raw: Raw): DeploymentsSearch {
  return {
    ...text(raw, 'q'),
    ...text(raw, 'environment'),
    ...text(raw, 'service'),
    ...oneOf(raw, 'phase', phases),
    ...oneOf(raw, 'outcome', outcomes),
  };
}

export interface DeploymentSearch {
  /** Ids of the steps that are open, joined by commas. */
  readonly step?: string;
  /** What is about to be done about it: the dialog that is open. */
  readonly act?: DeploymentAct;
}

export type DeploymentAct = (typeof deploymentActs)[number];
const deploymentActs = ['cancel', 'roll-back'] as const;

export function readDeploymentSearch(raw: Raw): DeploymentSearch {
  return { ...text(raw, 'step', 2_000), ...oneOf(raw, 'act', deploymentActs) };
}

export interface ReleasesSearch {
  readonly q?: string;
  readonly service?: string;
}

export function readReleasesSearch(raw: Raw): ReleasesSearch {
  return { ...text(raw, 'q'), ...text(raw, 'service') };
}

export interface CompareSearch {
  /** An environment, or a release as service@version. */
  readonly a?: string;
  readonly b?: string;
}

export function readCompareSearch(raw: Raw): CompareSearch {
  return { ...text(raw, 'a'), ...text(raw, 'b') };
}

export interface FindingsSearch {
  /** The vulnerability that is looked for. */
  readonly cve?: string;
}

export function readFindingsSearch(raw: Raw): FindingsSearch {
  return text(raw, 'cve', 100);
}

export interface LedgerSearch {
  readonly stream?: string;
  readonly kind?: string;
  readonly actor?: string;
  /** Sequence of the entry that is shown in full. */
  readonly entry?: number;
}

export function readLedgerSearch(raw: Raw): LedgerSearch {
  const entry = Number(raw['entry']);
  return {
    ...text(raw, 'stream'),
    ...text(raw, 'kind'),
    ...text(raw, 'actor'),
    ...(Number.isInteger(entry) && entry > 0 ? { entry } : {}),
  };
}

export interface SignInSearch {
  /** Where to go after signing in: a path of this site. */
  readonly to?: string;
}

export function readSignInSearch(raw: Raw): SignInSearch {
  const to = raw['to'];
  return typeof to === 'string' && /^\/(?![/\\])/.test(to) ? { to } : {};
}

/** A member of an address's search; none when there is no value. */
export function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

/** Text of a filter; numbers stand unquoted in an address, so that they count as text. */
function text<K extends string>(raw: Raw, key: K, most = 200): { readonly [P in K]?: string } {
  const value = raw[key];
  const given = typeof value === 'number' ? String(value) : value;
  return typeof given === 'string' && given !== '' ? ({ [key]: given.slice(0, most) } as { [P in K]: string }) : {};
}

function oneOf<K extends string, V extends string>(raw: Raw, key: K, known: readonly V[]): { readonly [P in K]?: V } {
  const found = known.find((each) => each === raw[key]);
  return found === undefined ? {} : ({ [key]: found } as { [P in K]: V });
}
