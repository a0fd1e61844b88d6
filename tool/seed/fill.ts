import type { Client } from '../../client/client.ts';
import { illRelease, longRelease, type World, type WorldRelease } from './world.ts';

/** Tells what was done, and how long it took. */
export type Tell = (line: string) => void;

/** What filling works with. */
export interface Filling {
  readonly client: Client;
  readonly world: World;
  /** Host of the images. */
  readonly registry: string;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/** Requests under way at once: less than the server takes of one token. */
const requestsAtOnce = 16;

/** Documents sent at once: each is planned service by service. */
const plansAtOnce = 3;

const pollMs = 250;

/** Registers everything and deploys it to every environment, one whole document each; all through the API. */
export async function fill(filling: Filling): Promise<void> {
  const { world, tell } = filling;
  const registering = stopwatch();
  await inParallel(world.releases, requestsAtOnce, async (release) => await register(filling, release));
  tell(`registered ${world.releases.length} releases in ${registering()} s`);
  const deploying = stopwatch();
  const accepted: Accepted[] = [];
  await inParallel(world.environments, plansAtOnce, async (environment) => {
    const services = JSON.stringify(world.spec(environment));
    const text = `apiVersion: drayage/v1\nkind: Deployment\nenvironment: ${environment}\nservices: ${services}\n`;
    const document = { name: `${environment}.yaml`, text };
    accepted.push({ environment, deployment: await deploy(filling, { kind: 'document', document }) });
  });
  tell(`planned ${accepted.length} deployments of ${world.services.length} services each in ${deploying()} s`);
  await Promise.all(accepted.map(async (of) => await ended(filling, of, 'succeeded')));
  tell(`deployed them all in ${deploying()} s`);
}

/** What is worth looking at: a rollback, a change that was left degraded, and what is under way and waits. */
export async function stir(filling: Filling): Promise<void> {
  const { world, tell } = filling;
  const began = stopwatch();
  const [dev, test, stage] = world.environments;
  const [first, second, third] = world.services;
  if (dev === undefined || first === undefined) return;
  await ill(filling, dev, first, '2.0.0-crash', 'rolled-back');
  tell(`${dev}: ${first} crashed and was rolled back`);
  if (test !== undefined && second !== undefined) {
    await ill(filling, test, second, '2.0.0-crash', 'failed');
    tell(`${test}: ${second} crashed and was left so`);
  }
  if (stage === undefined || third === undefined) return;
  await register(filling, longRelease(third, '2.0.0', filling.registry));
  const others = world.services.slice(10, 22).map((service): [string, string] => [service, world.newest(service)]);
  const set = { ...Object.fromEntries(others), [third]: '2.0.0' };
  const active = await deploy(filling, { kind: 'change', environment: stage, set });
  await row(filling, { environment: stage, deployment: active }, 'active');
  await register(filling, illRelease(third, '2.0.0-crash', filling.registry));
  await deploy(filling, { kind: 'change', environment: stage, set: { [third]: '2.0.0-crash' } });
  tell(`${stage}: ${active} is under way, another waits for it (${began()} s)`);
}

async function ill(
  filling: Filling,
  environment: string,
  service: string,
  version: string,
  outcome: string,
): Promise<void> {
  await register(filling, illRelease(service, version, filling.registry));
  const deployment = await deploy(filling, { kind: 'change', environment, set: { [service]: version } });
  await ended(filling, { environment, deployment }, outcome);
}

async function register({ client, signal }: Filling, { service, version, text }: WorldRelease): Promise<void> {
  await client.call('createRelease', { body: { service, version, compose: { name: 'compose.yaml', text } }, signal });
}

type Wanted =
  | { readonly kind: 'document'; readonly document: { readonly name: string; readonly text: string } }
  | { readonly kind: 'change'; readonly environment: string; readonly set: Record<string, string> };

async function deploy({ client, signal }: Filling, wanted: Wanted): Promise<string> {
  const answer = await client.call('deploy', {
    body: { wanted, allowOlder: true },
    idempotencyKey: crypto.randomUUID(),
    signal,
  });
  if (answer.kind === 'nothing-to-do') throw new Error('there was nothing to deploy');
  return answer.deployment;
}

async function ended(filling: Filling, of: Accepted, wanted: string): Promise<void> {
  const { outcome } = await row(filling, of, 'ended');
  if (outcome === wanted) return;
  throw new Error(`${of.deployment} in ${of.environment} ended as ${outcome}, where ${wanted} was meant`);
}

interface Accepted {
  readonly environment: string;
  readonly deployment: string;
}

/** A deployment as it stands in the list, once it is active, or has ended. */
async function row({ client, signal }: Filling, { environment, deployment }: Accepted, phase: 'active' | 'ended') {
  for (;;) {
    const { items } = await client.call('listDeployments', { query: { environment, limit: 5 }, signal });
    const found = items.find((it) => it.id === deployment);
    if (found?.phase === phase) return found;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    signal.throwIfAborted();
  }
}

/** Runs a task for each item, so many at once. */
async function inParallel<T>(items: readonly T[], most: number, task: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async () => {
    for (const item of rest) await task(item);
  };
  await Promise.all(Array.from({ length: most }, work));
}

function stopwatch(): () => string {
  const began = performance.now();
  return () => ((performance.now() - began) / 1_000).toFixed(1);
}
