import { Fault, isFault, type Problem } from '../core/fault.ts';
import { readEvent } from '../core/ledger.ts';
import type { EnvironmentParameters, ParameterValue } from '../core/parameter/resolve.ts';
import type { UnknownParameter } from '../core/planning/spec-parameters.ts';
import { givenParameters, type Platform } from '../core/platform.ts';
import type { Documents, SourceFile } from '../port/documents.ts';
import type { DeploymentRow, PlatformRow, RevisionRow } from '../port/store.ts';
import { streams } from './append.ts';
import type { PlanningParts } from './planning.ts';

/** The most services whose parameters one fault tells of. */
const toldMost = 20;

/** What the platform gives where there is none. */
export const noneGiven: EnvironmentParameters = { slices: {} };

/** What the platform gave the environment's parameters when a revision's deployment was accepted. */
export async function parametersThen(
  parts: Pick<PlanningParts, 'store' | 'blobs'>,
  row: RevisionRow | null,
  now: { readonly platform: Platform; readonly row: PlatformRow },
  signal: AbortSignal,
): Promise<EnvironmentParameters> {
  const deployment = row === null ? null : await parts.store.deployment(row.deployment, signal);
  if (row === null || deployment === null) return noneGiven;
  const platform = await platformAt(parts, deployment, now, signal);
  return platform === null ? noneGiven : givenParameters(platform, row.environment);
}

async function platformAt(
  { store, blobs }: Pick<PlanningParts, 'store' | 'blobs'>,
  deployment: DeploymentRow,
  now: { readonly platform: Platform; readonly row: PlatformRow },
  signal: AbortSignal,
): Promise<Platform | null> {
  if (now.row.time < deployment.acceptedAt) return now.platform;
  const entries = await store.stream(streams.platform, signal);
  const before = entries.findLast(({ sequence }) => sequence < deployment.sequence);
  const event = before === undefined ? null : readEvent(before);
  return event?.kind === 'platform-applied' ? await blobs.read('platform', event.platform, signal) : null;
}

/** What is wrong with the parameters of one service. */
export interface Refused {
  readonly service: string;
  readonly fault: Fault;
  readonly resolved: { readonly [name: string]: ParameterValue };
}

/** Whether a fault is about parameters: then those of other services are to be told as well. */
export function isAboutParameters(error: unknown): error is Fault {
  return isFault(error, 'plan.parameter-missing') || isFault(error, 'plan.parameter-wrong');
}

/** Where the values of a plan come from: its document, when there is one, and the environment. */
export interface Origins {
  readonly documents: Documents;
  readonly environment: string;
  readonly document: SourceFile | null;
  /** What the document says for all services. */
  readonly common: readonly string[];
}

/** One place at which a value is wrong or missing; null: it stands in no document that is at hand. */
interface Complaint {
  readonly path: readonly string[] | null;
  readonly message: string;
  readonly hint: string | null;
}

/** One fault for all services whose parameters are wrong or missing, with every place. */
export async function parameterFault(
  origins: Origins,
  refused: readonly Refused[],
  signal: AbortSignal,
): Promise<Fault> {
  const faults = refused.map(({ fault }) => fault);
  const first = faults.find(({ code }) => code === 'plan.parameter-wrong') ?? faults[0];
  if (first === undefined) throw new Error('no parameter is wrong');
  const keys = refused.flatMap((one) =>
    wrongOf(one).map(({ name, value }) => keyOf(origins, one.service, name, value)),
  );
  const message = faults.slice(0, toldMost).map((fault) => fault.message);
  const more = faults.length > toldMost ? ` And ${faults.length - toldMost} more services.` : '';
  const where = keys.length === 0 ? '' : ` Given by ${[...new Set(keys)].slice(0, toldMost).join(', ')}.`;
  return new Fault(first.code, `${message.join(' ')}${more}${where}`, {
    facts: { ...first.facts, environment: origins.environment },
    ...(first.next === null ? {} : { next: first.next }),
    problems: await placed(
      origins,
      refused.flatMap((one) => complaintsOf(origins, one)),
      signal,
    ),
  });
}

/** The fault for values that nothing takes. */
export async function unknownFault(
  origins: Origins,
  unknown: readonly UnknownParameter[],
  signal: AbortSignal,
): Promise<Fault> {
  const told = unknown.slice(0, toldMost).map(({ message, hint }) => `${message} (${hint})`);
  return new Fault('plan.parameter-wrong', `${told.join('; ')}.`, {
    facts: { environment: origins.environment, unknown: unknown.slice(0, 100).map(({ path }) => path.join('.')) },
    next: 'Correct the name, or take the value out of the document.',
    problems: await placed(origins, unknown, signal),
  });
}

function wrongOf({ fault, resolved }: Refused) {
  const { wrong } = fault.facts;
  if (!Array.isArray(wrong)) return [];
  return wrong.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return [];
    const { parameter: name, reason } = one as { readonly parameter?: unknown; readonly reason?: unknown };
    if (typeof name !== 'string' || typeof reason !== 'string') return [];
    const value = Object.hasOwn(resolved, name) ? resolved[name] : undefined;
    return [{ name, reason, value }];
  });
}

function keyOf(origins: Origins, service: string, name: string, value: ParameterValue | undefined): string {
  if (value?.source === 'slice') return `slices.${value.slice} of the platform document (${name})`;
  if (value?.source === 'environment') return `environments.${origins.environment} of the platform document (${name})`;
  return value?.source === 'release'
    ? `the release's default of ${name}`
    : `services.${service}.parameters.${name} of the spec`;
}

function complaintsOf({ common }: Origins, one: Refused): readonly Complaint[] {
  const { service, fault } = one;
  if (fault.code === 'plan.parameter-missing')
    return [{ path: ['services', service], message: fault.message, hint: fault.next }];
  return wrongOf(one).map(({ name, reason, value }) => ({
    path: value?.source === 'spec' ? specPath(service, name, common) : null,
    message: `${name} of ${service}: ${reason}`,
    hint: null,
  }));
}

/** Where the service's own entry says nothing of it, it is said for all. */
function specPath(service: string, name: string, common: readonly string[]): readonly string[] {
  return common.includes(`${service}/${name}`) ? ['parameters', name] : ['services', service, 'parameters', name];
}

async function placed(
  { documents, document }: Origins,
  complaints: readonly Complaint[],
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const here = complaints.slice(0, 50).flatMap(({ path, ...rest }) => (path === null ? [] : [{ path, ...rest }]));
  if (document === null || here.length === 0) return [];
  const places = await documents.locate(
    document,
    here.map(({ path }) => path),
    signal,
  );
  return here.flatMap(({ message, hint }, index) => {
    const place = places[index];
    return place === undefined ? [] : [{ file: document.name, ...place, message, hint }];
  });
}
