import assert from 'node:assert/strict';
import { waitUntil } from '../../../local/wait.ts';
import type { DeploymentView } from '../../../wire/deployment.ts';
import { submitBy, waitForPhase } from '../../engine/support/deployments.ts';
import { environments, registerWares, type Field } from './field.ts';
import { assertTrue, containersOn, type Container } from './truth.ts';

type Side = 'fe' | 'be';

/** A rollout in the midst of which something goes wrong. */
export interface Rollout {
  readonly deployment: string;
  /** The containers of the new version that there were when the fault was due. */
  readonly fresh: readonly Container[];
  /** Waits for its end. */
  end(): Promise<DeploymentView>;
}

/** A field on which one version of a cart after the other is rolled out, with what is to run at each moment. */
export interface Trial {
  /** All containers of a cluster's cart now, on those of its nodes that are up. */
  carts(side: Side): Promise<readonly Container[]>;
  /** Begins a rollout of a new version of the cart, of the image with this tag; `between` comes after its release. */
  submit(side: Side, tag: string, between?: () => Promise<void>): Promise<Rollout>;
  /**
   * Begins a rollout of image `one` or `two`, in turn; resolves when its new containers, be they healthy or not, are as
   * wanted: by default when there are two.
   */
  begin(side: Side, isDue?: (fresh: readonly Container[]) => boolean): Promise<Rollout>;
  /** Asserts how a rollout ended, and that what runs is what the ledger says then. */
  assertEnd(side: Side, view: DeploymentView, outcome: 'succeeded' | 'rolled-back'): Promise<void>;
  /** Asserts once more that what runs is what the ledger says. */
  assertSettled(side: Side): Promise<void>;
  /** While something goes wrong elsewhere, a cluster is deployed to as ever, and its cart is not touched. */
  assertUndisturbed<T>(side: Side, meanwhile: () => Promise<T>): Promise<T>;
}

/** On `fe` only workers carry containers, so that its one manager can go without taking any along. */
const common = {
  fe: { deadline: '120s', constraint: 'node.role==worker' },
  be: { deadline: '120s' },
} as const;
const amidMs = 60_000;

/** What a cluster's cart is, and what the last rollout wanted it to be. */
interface Cart {
  readonly version: string;
  readonly tag: string;
}

/** Deploys the first version of a cart (so many replicas) and a till (one) to both clusters. */
export async function openTrial(field: Field, replicas: number, signal: AbortSignal): Promise<Trial> {
  const { client } = field.server;
  const first: Cart = { version: '1', tag: 'one' };
  const now: Record<Side, Cart> = { fe: first, be: first };
  const tried: Record<Side, Cart> = { fe: first, be: first };
  let version = 1;

  const releaseNext = async (side: Side, service: string, tag: string) => {
    version += 1;
    await registerWares(field, [{ ...common[side], service: `${side}-${service}`, version: String(version), tag }]);
    return String(version);
  };
  const ended = async (deployment: string) => await waitForPhase(client, deployment, 'ended', signal);
  const carts = async (side: Side) => await containersOn(field[side].nodes, environments[side], `${side}-cart`);
  const assertSettled = async (side: Side) =>
    await assertTrue(field, { cluster: side, service: `${side}-cart`, replicas, ...now[side] });

  const begun = (['fe', 'be'] as const).map(async (side) => {
    const names = [`${side}-cart`, `${side}-till`] as const;
    for (const service of names) await registerWares(field, [{ ...common[side], service, ...first }]);
    const services = { [names[0]]: { version: '1', replicas }, [names[1]]: '1' };
    const environment = environments[side];
    const stdin = JSON.stringify({ apiVersion: 'drayage/v1', kind: 'Deployment', environment, services });
    return await ended((await submitBy(field.server, ['-'], { stdin })).deployment);
  });
  for (const view of await Promise.all(begun)) assert.equal(view.outcome, 'succeeded', JSON.stringify(view.cause));

  const submit: Trial['submit'] = async (side, tag, between = async () => {}) => {
    tried[side] = { version: await releaseNext(side, 'cart', tag), tag };
    await between();
    const set = `${side}-cart=${tried[side].version}`;
    const { deployment } = await submitBy(field.server, [environments[side], '--set', set]);
    return { deployment, fresh: [], end: async () => await ended(deployment) };
  };
  return {
    carts,
    submit,
    begin: async (side, isDue = ({ length }) => length >= 2) => {
      const rollout = await submit(side, now[side].tag === 'one' ? 'two' : 'one');
      const { digest } = field.image(tried[side].tag);
      let fresh: readonly Container[] = [];
      const isAmid = async () => {
        fresh = (await carts(side)).filter(({ image }) => image.endsWith(digest));
        return isDue(fresh);
      };
      assert.ok(await waitUntil(isAmid, { deadlineMs: amidMs, signal }), 'the rollout did not get under way');
      return { ...rollout, fresh };
    },
    assertEnd: async (side, view, outcome) => {
      const told = JSON.stringify({ outcome: view.outcome, cause: view.cause, unknown: view.unknown });
      assert.equal(view.outcome, outcome, told);
      assert.deepEqual(view.unknown, [], told);
      if (outcome === 'succeeded') now[side] = tried[side];
      await assertSettled(side);
    },
    assertSettled,
    assertUndisturbed: async (side, meanwhile) => {
      const before = await carts(side);
      const next = await releaseNext(side, 'till', 'one');
      const { deployment } = await submitBy(field.server, [environments[side], '--set', `${side}-till=${next}`]);
      const [result, view] = await Promise.all([meanwhile(), ended(deployment)]);
      assert.equal(view.outcome, 'succeeded', JSON.stringify(view.cause));
      assert.deepEqual(await carts(side), before);
      return result;
    },
  };
}
