/** A simulated node, as placement constraints and reservations see it. */
export interface SimulatedNode {
  readonly name: string;
  readonly manager: boolean;
  readonly labels: { readonly [name: string]: string };
  /** What its tasks may reserve in all; absent: any amount. */
  readonly capacity?: Capacity;
}

export interface Capacity {
  /** Billionths of a CPU. */
  readonly nanoCpus?: number;
  readonly memoryBytes?: number;
  /** Countable resources by kind; a kind that is not named is not there. */
  readonly generic?: { readonly [kind: string]: number };
}

/** So many nodes with room for everything, `simulated-1` and on; the first is the manager. */
export function numberedNodes(count: number): readonly SimulatedNode[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `simulated-${index + 1}`,
    manager: index === 0,
    labels: {},
  }));
}

/** A placement constraint that has been read. */
export interface Constraint {
  readonly key: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** Reads `node.role==manager`, `node.hostname!=x`, `node.labels.disk==ssd`; null for what is none. */
export function readConstraint(text: string): Constraint | null {
  const [, key, operator, value] = /^\s*(\S+?)\s*(==|!=)\s*(.*?)\s*$/.exec(text) ?? [];
  if (key === undefined || value === undefined) return null;
  return { key, isEqual: operator === '==', value };
}

/** Whether a node fits all constraints; one that could not be read fits no node. */
export function fits(node: SimulatedNode, constraints: readonly (Constraint | null)[]): boolean {
  return constraints.every(
    (constraint) => constraint !== null && (factOf(node, constraint.key) === constraint.value) === constraint.isEqual,
  );
}

function factOf(node: SimulatedNode, key: string): string | undefined {
  if (key === 'node.role') return node.manager ? 'manager' : 'worker';
  if (key === 'node.hostname' || key === 'node.id') return node.name;
  if (key.startsWith('node.labels.')) return node.labels[key.slice('node.labels.'.length)];
  return undefined;
}
