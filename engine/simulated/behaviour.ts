/** What a container of an image does in the simulation, in ms after its start. */
export type Behaviour =
  | { readonly kind: 'healthy'; readonly afterMs: number }
  /** Starts, and is ended as unhealthy. */
  | { readonly kind: 'never-healthy'; readonly afterMs: number }
  /** Starts, is healthy at once, writes its lines and ends. */
  | {
      readonly kind: 'crashes';
      readonly afterMs: number;
      readonly exitCode: number;
      readonly lines: readonly string[];
    }
  /** The image cannot be pulled. */
  | { readonly kind: 'unpullable' }
  /** No node takes it. */
  | { readonly kind: 'unschedulable'; readonly reason: string };

/**
 * What an image does when nobody says otherwise: it becomes healthy after 1 s, unless its tag rehearses a failure:
 * `-crash` (after 2 s, exit code 1), `-sick` (never healthy), `-missing` (cannot be pulled).
 */
export function behaviourByTag(image: string): Behaviour {
  const reference = image.split('@')[0] ?? '';
  const tag = reference.slice(reference.lastIndexOf('/') + 1).split(':')[1] ?? '';
  if (tag.includes('-crash'))
    return {
      kind: 'crashes',
      afterMs: 2_000,
      exitCode: 1,
      lines: ['starting', 'simulated crash: the tag says so'],
    };
  if (tag.includes('-sick')) return { kind: 'never-healthy', afterMs: 4_000 };
  if (tag.includes('-missing')) return { kind: 'unpullable' };
  return { kind: 'healthy', afterMs: 1_000 };
}

/** A simulated node, as placement constraints see it. */
export interface SimulatedNode {
  readonly name: string;
  readonly manager: boolean;
  readonly labels: { readonly [name: string]: string };
}

/** Whether a node fits all constraints (`node.role==manager`, `node.hostname!=x`, `node.labels.disk==ssd`). */
export function fits(node: SimulatedNode, constraints: readonly string[]): boolean {
  return constraints.every((constraint) => {
    const [, key, operator, value] = /^\s*(\S+?)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? [];
    const isEqual = factOf(node, key ?? '') === value;
    return operator === '!=' ? !isEqual : operator === '==' && isEqual;
  });
}

function factOf(node: SimulatedNode, key: string): string | undefined {
  if (key === 'node.role') return node.manager ? 'manager' : 'worker';
  if (key === 'node.hostname' || key === 'node.id') return node.name;
  if (key.startsWith('node.labels.')) return node.labels[key.slice('node.labels.'.length)];
  return undefined;
}
