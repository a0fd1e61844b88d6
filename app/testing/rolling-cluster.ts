import { digestOf } from '../../core/hash.ts';
import type { ClusterView } from '../../core/rollout/decide.ts';
import type { Limit } from '../../core/rollout/starts.ts';
import type { SeenWorkload } from '../../core/sighting.ts';
import { sampleSeen, sampleTask } from '../../core/testing/world.ts';
import type { Target } from '../../core/workload.ts';

interface Task {
  readonly container: string;
  readonly slot: number;
  readonly readyAtMs: number;
  state: 'starting' | 'running';
}

interface Service {
  target: Target;
  previous: Target | null;
  deployment: string;
  limit: Limit;
  tasks: Task[];
  /** Slots that the update under way has begun to replace. */
  replacing: Set<number>;
}

const containers = new WeakMap<Target, string>();

function containerOf(target: Target): string {
  const known = containers.get(target) ?? digestOf({ ...target.workload, replicas: null });
  containers.set(target, known);
  return known;
}

/** A cluster with an updater like Swarm's: it replaces so many slots at once, and begins anew with every write. */
export class RollingCluster {
  /** By id of the step that writes them. */
  readonly services = new Map<string, Service>();
  nowMs = 0;
  readonly #startMs: ReadonlyMap<string, number | null>;

  /** `startMs`: by workload hash, how long a task takes to start; null: it never does. */
  constructor(startMs: ReadonlyMap<string, number | null>) {
    this.#startMs = startMs;
  }

  /** Writes a service; a null limit is the target as it is. */
  apply(id: string, target: Target, deployment: string, limit: Limit | null): void {
    const { replicas } = target.workload;
    const parallelism = target.policy.parallelism === 0 ? Infinity : target.policy.parallelism;
    const old = this.services.get(id);
    this.services.set(id, {
      target,
      previous: old?.target ?? null,
      deployment,
      limit: limit ?? { replicas, parallelism },
      tasks: old?.tasks ?? [],
      replacing: new Set(),
    });
    this.turn();
  }

  /** How many tasks are starting. */
  starting(): number {
    return [...this.services.values()].flatMap(({ tasks }) => tasks).filter(({ state }) => state === 'starting').length;
  }

  /** How many slots of a service have a task that runs. */
  serving(id: string): number {
    const tasks = this.services.get(id)?.tasks ?? [];
    return new Set(tasks.flatMap(({ slot, state }) => (state === 'running' ? [slot] : []))).size;
  }

  /** Lets so many ms pass. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.turn();
  }

  /** Does all that is due now. */
  turn(): void {
    for (const service of this.services.values()) {
      for (const task of service.tasks) if (task.readyAtMs <= this.nowMs) task.state = 'running';
      this.#update(service);
    }
  }

  #update(service: Service): void {
    const { target, limit, replacing } = service;
    const wanted = containerOf(target);
    const make = (slot: number): Task => {
      const startMs = this.#startMs.get(target.hash) ?? null;
      return {
        container: wanted,
        slot,
        state: 'starting',
        readyAtMs: startMs === null ? Infinity : this.nowMs + startMs,
      };
    };
    const slots = Array.from({ length: limit.replicas }, (_, slot) => slot);
    service.tasks = service.tasks.filter(({ slot }) => slot < limit.replicas);
    const of = (slot: number) => service.tasks.filter((task) => task.slot === slot);
    for (const slot of slots) if (of(slot).length === 0) service.tasks.push(make(slot));
    for (const slot of slots) {
      const isRelieved = of(slot).some((task) => task.container === wanted && task.state === 'running');
      if (!isRelieved) continue;
      replacing.delete(slot);
      service.tasks = service.tasks.filter((task) => task.slot !== slot || task.container === wanted);
    }
    for (const slot of slots) {
      const isDirty = of(slot).every((task) => task.container !== wanted);
      if (!isDirty || replacing.size >= limit.parallelism) continue;
      replacing.add(slot);
      const isKept = (task: Task) => target.policy.order === 'start-first' && task.state === 'running';
      service.tasks = service.tasks.filter((task) => task.slot !== slot || isKept(task));
      service.tasks.push(make(slot));
    }
  }

  /** What is seen of it. */
  view(): ClusterView {
    return { kind: 'seen', workloads: new Map([...this.services].map(([id, service]) => [id, seenOf(service)])) };
  }
}

function seenOf({ target, previous, deployment, limit, tasks, replacing }: Service): SeenWorkload {
  const workloadOf = (container: string) =>
    [target, previous].find((it) => it !== null && containerOf(it) === container)?.hash ?? container;
  const seen = tasks.map(({ container, state }) =>
    sampleTask(target, { state, workload: workloadOf(container), current: container === containerOf(target) }),
  );
  return { ...sampleSeen(target, deployment, seen), replicas: limit.replicas, updating: replacing.size > 0 };
}
