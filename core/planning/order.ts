import { Fault } from '../fault.ts';

/** Something to be put in order: `after` names what comes first; what is not in the list does not count. */
export interface Node {
  readonly id: string;
  readonly after: readonly string[];
  /** Whether it takes a level of its own; what is left alone does not. */
  readonly counts: boolean;
}

/**
 * Level of every node, from 0: one more than the highest counting node that comes before it. Throws `plan.cycle` with
 * one cycle when there is one.
 */
export function levelsOf(nodes: readonly Node[]): ReadonlyMap<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const missing = new Map<string, number>();
  const followers = new Map<string, string[]>();
  for (const node of nodes) {
    const before = node.after.length === 0 ? [] : [...new Set(node.after)].filter((id) => byId.has(id));
    missing.set(node.id, before.length);
    for (const id of before) followers.set(id, [...(followers.get(id) ?? []), node.id]);
  }
  const levels = new Map<string, number>();
  let ready = nodes.filter((node) => missing.get(node.id) === 0).map((node) => node.id);
  for (const id of ready) levels.set(id, 0);
  let placed = 0;
  while (ready.length > 0) {
    const next: string[] = [];
    for (const id of ready) {
      placed += 1;
      const level = (levels.get(id) ?? 0) + (byId.get(id)?.counts === true ? 1 : 0);
      for (const follower of followers.get(id) ?? []) {
        levels.set(follower, Math.max(levels.get(follower) ?? 0, level));
        const left = (missing.get(follower) ?? 0) - 1;
        missing.set(follower, left);
        if (left === 0) next.push(follower);
      }
    }
    ready = next;
  }
  if (placed < nodes.length) throw cycleFault(byId, missing);
  return levels;
}

function cycleFault(byId: ReadonlyMap<string, Node>, missing: ReadonlyMap<string, number>): Fault {
  const stuck = (id: string) => (missing.get(id) ?? 0) > 0;
  const path: string[] = [];
  let at = [...byId.keys()].filter(stuck).toSorted()[0];
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    at = byId.get(at)?.after.filter(stuck).toSorted()[0];
  }
  const cycle = [...path.slice(path.indexOf(at ?? '')), at ?? ''];
  return new Fault('plan.cycle', `Each of these waits for the next: ${cycle.join(' -> ')}.`, {
    facts: { cycle },
    next: 'Take one of these out of depends_on or needs, or change the waves of the environment.',
  });
}
