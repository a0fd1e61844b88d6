import assert from 'node:assert/strict';
import { z } from 'zod';
import { label } from '../../../engine/swarm/labels.ts';
import type { EngineNode } from '../../../local/engine-node.ts';
import type { PrivateSwarm } from '../../../local/private-swarm.ts';
import { waitUntil } from '../../../local/wait.ts';
import { servicesOn } from '../../engine/support/shop-floor.ts';
import { environments, type Field } from './field.ts';

/** What is to run, by the ledger. */
export interface Wanted {
  readonly cluster: 'fe' | 'be';
  readonly service: string;
  readonly version: string;
  /** The tag of its image. */
  readonly tag: string;
  readonly replicas: number;
}

/** One container as a node itself lists it. */
export interface Container {
  readonly id: string;
  readonly node: string;
  readonly image: string;
}

const containers = z.array(z.object({ Id: z.string(), Image: z.string() }));

/** How long an engine may take to put right what a fault did. */
const settleMs = 90_000;

/** The containers of a service on those of some nodes that are up, as each node's own daemon tells, cut off or not. */
export async function containersOn(
  nodes: readonly EngineNode[],
  environment: string,
  service: string,
): Promise<readonly Container[]> {
  const filters = { label: [`${label.environment}=${environment}`, `${label.service}=${service}`] };
  const path = `/containers/json?filters=${encodeURIComponent(JSON.stringify(filters))}`;
  const lists = await Promise.all(
    nodes
      .filter((node) => node.isUp())
      .map(async ({ name, api }) =>
        containers
          .parse(await api.ask({ method: 'GET', path }))
          .map(({ Id, Image }): Container => ({ id: Id, node: name, image: Image })),
      ),
  );
  return lists.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Waits until all nodes of a swarm together run exactly what the ledger says: so many containers of that image and no
 * other; then compares what the server shows and what the engine's object says. Ends with a ledger that verifies.
 */
export async function assertTrue(field: Field, wanted: Wanted): Promise<void> {
  const { cluster, service, version, tag, replicas } = wanted;
  const environment = environments[cluster];
  const { digest } = field.image(tag);
  let seen: readonly Container[] = [];
  const isTrue = async () => {
    seen = await containersOn(field[cluster].nodes, environment, service);
    return seen.length === replicas && seen.every(({ image }) => image.endsWith(digest));
  };
  const settled = await waitUntil(isTrue, { deadlineMs: settleMs });
  assert.ok(settled, `${service} is to run ${replicas} times as ${digest}: ${JSON.stringify(seen)}`);
  const isShown = async () => {
    const view = await field.server.client.call('getEnvironment', { params: { environment } });
    assert.equal(view.spec[service]?.version, version);
    const shown = view.components.find((it) => it.service === service);
    return shown?.release === version && shown.health === 'healthy' && shown.settled;
  };
  assert.ok(await waitUntil(isShown, { deadlineMs: settleMs }), `${environment} is not shown to run ${version}`);
  const [object] = await servicesOn(managerOf(field[cluster]).api, environment);
  assert.equal(object?.Spec.Labels[label.release], version);
  const { code, stdout } = await field.server.dray(['ledger', 'verify']);
  assert.equal(code, 0, stdout);
}

/** Any manager that is up. */
export function managerOf({ managers }: PrivateSwarm): EngineNode {
  const up = managers.findLast((manager) => manager.isUp());
  assert.ok(up !== undefined, 'a manager is up');
  return up;
}
