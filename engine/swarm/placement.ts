import { text } from './json.ts';

/** `key==value` or `key!=value`, compared without regard to case (swarmkit, manager/constraint/constraint.go). */
const pattern = /^\s*([\w.-]+)\s*(==|!=)\s*(.*?)\s*$/;

/**
 * The constraints that a service would get by an update, when no node of the swarm satisfies them all; null when one
 * does, or when they do not change. Such an update must not be written: the engine judges running tasks by the
 * constraints of the service as it is now, and ends within seconds those that fit no more, long before anything
 * new runs (swarmkit, manager/orchestrator/constraintenforcer).
 */
export function unsatisfiable(
  live: readonly unknown[],
  wanted: readonly string[],
  nodes: readonly unknown[],
): readonly string[] | null {
  const isSame = live.length === wanted.length && wanted.every((constraint) => live.includes(constraint));
  if (isSame || nodes.some((node) => wanted.every((constraint) => satisfies(node, constraint)))) return null;
  return wanted;
}

/** What cannot be judged here is left to the engine, as if it were satisfied. */
function satisfies(node: unknown, constraint: string): boolean {
  const [, key, operator, value] = pattern.exec(constraint) ?? [];
  if (key === undefined || value === undefined) return true;
  const fact = factOf(node, key);
  if (fact === undefined) return true;
  const isEqual = fact.toLowerCase() === value.toLowerCase();
  return operator === '==' ? isEqual : !isEqual;
}

/** What a node is under a constraint's key; a label that it lacks is empty. Undefined for other keys. */
function factOf(node: unknown, key: string): string | undefined {
  const labelOf = (name: string, ...path: readonly string[]) => text(node, ...path, name) ?? '';
  switch (key) {
    case 'node.id':
      return text(node, 'ID') ?? '';
    case 'node.hostname':
      return text(node, 'Description', 'Hostname') ?? '';
    case 'node.role':
      return text(node, 'Spec', 'Role') ?? '';
    default:
      if (key.startsWith('node.labels.')) return labelOf(key.slice('node.labels.'.length), 'Spec', 'Labels');
      if (key.startsWith('engine.labels.')) {
        return labelOf(key.slice('engine.labels.'.length), 'Description', 'Engine', 'Labels');
      }
      return undefined;
  }
}
