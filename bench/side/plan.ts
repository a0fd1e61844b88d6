import { join } from 'node:path';
import * as z from 'zod';
import { planFor, type Planned } from '../../app/planning.ts';
import { stepsOf } from '../../core/plan.ts';
import { inputOf, tell } from '../support/child.ts';
import { openPlanningHouse, specOf, type PlanningSize } from '../support/planning-house.ts';

/** Plans version 2 of a smaller environment to warm up, then that of the large one; how long the latter took. */
const size = z.object({ environment: z.string(), services: z.int() });
const given = inputOf((value) => z.object({ directory: z.string(), warmUp: size, measured: size }).parse(value));
const signal = AbortSignal.timeout(300_000);
const { parts, close } = await openPlanningHouse(join(given.directory, 'data'), signal);

async function plan(of: PlanningSize): Promise<Planned> {
  const document = { name: 'spec.yaml', text: specOf(of, '2') };
  const wanted = { kind: 'document', document, base: null } as const;
  return await planFor(parts, { wanted, allowRemove: [], allowOlder: [] }, signal);
}

await plan(given.warmUp);
const beganMs = performance.now();
const result = await plan(given.measured);
const ms = performance.now() - beganMs;
await close();
const steps = stepsOf(result.plan);
const updates = steps.filter(({ change }) => change.kind === 'update').length;
tell({ ms, digest: result.digest, steps: steps.length, updates });
