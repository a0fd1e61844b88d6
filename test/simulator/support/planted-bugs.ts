/** A bug to be put into a copy of the sources, and where the simulator finds it. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** The first seed to run, and within how many it must be found. */
  readonly seed: number;
  readonly within: number;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a commit that fails in the middle keeps its first half',
    file: 'store/sqlite/writer.ts',
    from: '      this.#statements.rollbackTo.run();\n',
    to: '',
    seed: 5,
    within: 5,
  },
  {
    name: 'the version of a stream is not compared',
    file: 'store/sqlite/writer.ts',
    from: 'if (actual === expectedVersion) return;',
    to: 'if (actual >= 0) return;',
    seed: 5,
    within: 5,
  },
  {
    name: 'a removal is not announced by a tombstone',
    file: 'engine/simulated/write.ts',
    from: '  if (!(await update(link, live, object, signal))) return false;\n',
    to: '',
    seed: 9,
    within: 5,
  },
  {
    name: 'whoever waits takes the lease at once',
    file: 'app/lease.ts',
    from: 'clock.monotonic() - watch.seen.sinceMs > leaseMs',
    to: 'clock.monotonic() - watch.seen.sinceMs > 100',
    seed: 1235,
    within: 5,
  },
  {
    name: 'an event that could not be recorded counts as recorded',
    file: 'app/drive/record.ts',
    from: '    deadline,\n  );\n  return next;',
    to: '    deadline,\n  ).catch(() => undefined);\n  return next;',
    seed: 1239,
    within: 5,
  },
  {
    name: 'an idempotency key is not stored',
    file: 'app/deploy.ts',
    from: "if (request.kind === 'fresh') {",
    to: "if (request.kind === 'fresh' && request.version < 0) {",
    seed: 5,
    within: 5,
  },
  {
    name: 'a step is verified without being watched',
    file: 'core/rollout/decide.ts',
    from: '(attention.reachedMs ?? 0) < monitorMsOf(goal, view, direction)',
    to: '(attention.reachedMs ?? 0) < 0',
    seed: 1,
    within: 5,
  },
  {
    name: 'a step counts as reached since the look before it was',
    file: 'core/rollout/attention.ts',
    from: 'before.reachedMs === null ? 0 : before.reachedMs + passed',
    to: '(before.reachedMs ?? 0) + passed',
    seed: 3,
    within: 5,
  },
  {
    name: 'a rollback goes forward through the waves',
    file: 'core/rollout/position.ts',
    from: 'plan.waves.toReversed()',
    to: 'plan.waves',
    seed: 31,
    within: 5,
  },
  {
    name: 'a removal is done when the object is gone from the list of services',
    file: 'core/rollout/assess.ts',
    from: "if (seen === null) return { kind: 'reached' };",
    to: "if (seen === null || seen.tasks.length > 0) return { kind: 'reached' };",
    seed: 3,
    within: 5,
  },
  {
    name: 'what begins to change is called settled',
    file: 'store/sqlite/projections.ts',
    from: 'return putInventory(to, spot, [target, 0, time, deployment]);',
    to: 'return putInventory(to, spot, [target, 1, time, deployment]);',
    seed: 26,
    within: 5,
  },
  {
    name: 'a failed step is called settled',
    file: 'store/sqlite/projections.ts',
    from: '    unsettle: sql(`UPDATE inventory SET settled = 0,',
    to: '    unsettle: sql(`UPDATE inventory SET settled = 1,',
    seed: 22,
    within: 5,
  },
  {
    name: 'nobody waits for the locks of another deployment',
    file: 'core/rollout/queue.ts',
    from: 'blocker.services.length > 0',
    to: 'blocker.services.length > 99',
    seed: 54,
    within: 5,
  },
  {
    name: 'a plan that is stale is carried out',
    file: 'core/rollout/staleness.ts',
    from: 'if (planned === now) continue;',
    to: 'if (planned === now || now !== undefined) continue;',
    seed: 1001,
    within: 5,
  },
  {
    name: 'a newer deployment ends one whose cancel was requested, or that has begun',
    file: 'app/deploy.ts',
    from: '  if (permit(plan, fold(deploymentEvents(entries)), ended) !== null) return null;\n',
    to: '',
    seed: 20008,
    within: 5,
  },
  {
    name: 'the start throttle is ignored',
    file: 'app/drive/writing.ts',
    from: 'if (standing === null) return { limit: null };',
    to: 'if (standing === null || goal !== null) return { limit: null };',
    seed: 3,
    within: 5,
  },
  {
    name: 'a deployment that begins forgets to read what was recorded meanwhile',
    file: 'app/drive/follow.ts',
    from: 'return version === followed.version ? followed : readFollowed(parts, row, signal);',
    to: 'return version >= 0 ? followed : readFollowed(parts, row, signal);',
    seed: 34,
    within: 5,
  },
  {
    name: 'the wait for the store has no deadline',
    file: 'app/drive/driver.ts',
    from: 'parts.store.unfinished({}, within(parts.clock, storeDeadlineMs, ending.signal))',
    to: 'parts.store.unfinished({}, ending.signal)',
    seed: 83,
    within: 5,
  },
];
