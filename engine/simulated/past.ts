import type { SeenWorkload } from '../../core/sighting.ts';
import { seenWorkload } from './sighting.ts';
import { isStalled, type HeldService, type Past, type Service, type ServiceObject, type World } from './world.ts';

/** The most states of one service that are kept. */
const statesMost = 200;

/** A service object as a reading of it gives it. */
export function heldService(service: Service): HeldService {
  const { id, version, object, updateState } = service;
  return { id, version, object, updateState, isStalled: isStalled(service) };
}

/** Keeps the state of a service for stale readings, where the cluster remembers at all. */
export function remind(world: World, service: Service): void {
  if (world.rememberMs === 0) return;
  const { environment } = service.object.target.workload;
  const live = world.services.get(service.name);
  const state: Past = {
    atMs: world.nowMs,
    service: live === undefined ? null : heldService(live),
    seen: seenWorkload(world, service.name, environment),
    object: service.object,
  };
  const names = world.past.get(environment) ?? new Map<string, Past[]>();
  world.past.set(environment, names);
  const states = names.get(service.name) ?? [];
  if (states.at(-1)?.atMs === world.nowMs) states.pop();
  states.push(state);
  const oldestMs = world.nowMs - world.rememberMs;
  while (states[1] !== undefined && states[1].atMs <= oldestMs) states.shift();
  // The oldest stays, so that what was there then is not taken for absent.
  if (states.length > statesMost) states.splice(1, 1);
  names.set(service.name, states);
}

/** How a service was then; null when it was not there. */
export function pastOf(world: World, environment: string, name: string, atMs: number): Past | null {
  const states = world.past.get(environment)?.get(name) ?? [];
  return states.findLast((state) => state.atMs <= atMs) ?? null;
}

/** All that an environment had then. */
export function pastStates(
  world: World,
  environment: string,
  atMs: number,
): readonly { readonly seen: SeenWorkload; readonly object: ServiceObject }[] {
  return [...(world.past.get(environment)?.keys() ?? [])].flatMap((name) => {
    const { seen, object } = pastOf(world, environment, name, atMs) ?? { seen: null };
    return seen === null || object === undefined ? [] : [{ seen, object }];
  });
}
