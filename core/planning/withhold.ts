import type { ServiceDefinition } from '../definition.ts';
import { Fault } from '../fault.ts';
import { stepsOf, type Plan, type StepChange, type Withheld } from '../plan.ts';
import type { RestartPolicy } from '../secret.ts';
import type { Spec } from '../spec.ts';
import type { Spot } from '../workload.ts';
import type { PlanningResult } from './make-plan.ts';
import { entryOf } from './merge-specs.ts';
import { withSecrets, type PinnedSpec, type SecretsInput } from './secrets.ts';

/** What whoever asks for a plan wants of it; it goes before what definitions say. */
export interface RestartWish {
  /** Of every service; null: as its definition says, else `changed`. */
  readonly all: RestartPolicy | null;
  /** Of one service, by name. */
  readonly services: { readonly [service: string]: RestartPolicy };
}

/**
 * Refuses with `request.invalid` a wish that can mean nothing: of a service that is not to run, and of a rollback, which
 * goes back to the versions that ran.
 */
export function checkRestart(wish: RestartWish, spec: Spec, isRollback: boolean): void {
  const named = Object.keys(wish.services);
  if (isRollback && (wish.all !== null || named.length > 0)) {
    throw new Fault(
      'request.invalid',
      'A rollback goes back to the versions of secrets that ran: "restart" has no say in it.',
      {
        next: 'Leave "restart" out, or deploy the older releases by --set.',
      },
    );
  }
  const unknown = named.filter((service) => entryOf(spec, service) === null).toSorted();
  if (unknown.length === 0) return;
  throw new Fault(
    'request.invalid',
    `"restart" names ${unknown.join(', ')}, which ${spec.environment} is not to run.`,
    {
      facts: { environment: spec.environment, services: unknown },
      next: 'Correct the names of the services.',
    },
  );
}

/**
 * Plans with the versions of secrets that the wish and the definitions allow. A newer version that is withheld is given
 * out all the same where it costs nothing: where everything of the service that mounts the secret starts anew in any case.
 */
export function planWithSecrets(
  input: Omit<SecretsInput, 'withhold'>,
  wish: RestartWish,
  plan: (pinned: PinnedSpec) => PlanningResult,
): PlanningResult & { readonly spec: Spec } {
  const { definitions } = input;
  const withhold = (service: string, secret: string) => reasonOf(wish, definitions.get(service), service, secret);
  const pinned = withSecrets({ ...input, withhold });
  const result = plan(pinned);
  const free = pinned.withheld.filter((one) => startsAnyway(one, definitions, result.plan));
  if (free.length === 0) return { ...result, spec: pinned.spec };
  const isFree = (service: string, secret: string) => free.some((it) => it.service === service && it.secret === secret);
  const anew = withSecrets({ ...input, withhold: (of, secret) => (isFree(of, secret) ? null : withhold(of, secret)) });
  return { ...plan(anew), spec: anew.spec };
}

function reasonOf(
  wish: RestartWish,
  definition: ServiceDefinition | undefined,
  service: string,
  secret: string,
): Withheld['because'] | null {
  const asked = Object.hasOwn(wish.services, service) ? wish.services[service] : wish.all;
  if (asked !== null && asked !== undefined) return asked === 'never' ? 'asked' : null;
  return definition?.traits.withholds?.includes(secret) === true ? 'declared' : null;
}

/** Whether no task that has the secret outlives the plan, even with the version that it has. */
function startsAnyway({ service, secret }: Withheld, definitions: SecretsInput['definitions'], plan: Plan): boolean {
  const { components = {} } = definitions.get(service) ?? {};
  const mounts = ({ service: of, component }: Pick<Spot, 'service' | 'component'>) =>
    of === service && (components[component]?.secrets ?? []).some((file) => file.secret === secret);
  const outlives = plan.unchanged.some((id) => {
    const [, of = '', component = ''] = id.split('/');
    return mounts({ service: of, component });
  });
  return !outlives && stepsOf(plan).every(({ spot, change }) => !mounts(spot) || leavesNoTask(change));
}

function leavesNoTask(change: StepChange): boolean {
  return change.kind === 'create' || change.kind === 'remove' || (change.kind === 'update' && change.restarts);
}
