import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Bench, BenchContext, Scenario, Side } from '../../tool/bench/row.ts';
import { runScript } from '../support/child.ts';

const fillMs = 600_000;
const limitMs = 300_000;
const clusters = 10;

/** A large plan against parsing and hashing what it is made of. */
export function planScenario(): Scenario {
  return {
    rows: [
      {
        name: 'plan',
        ours: 'the plan that updates 600 services on 10 clusters, in the parts that plan',
        theirs: 'all the bytes that this plan reads and makes, parsed and hashed once',
        unit: 'ms',
        bound: 'at most',
        limit: 2,
        aim: null,
        allowance: 0,
      },
    ],
    onEngine: false,
    warmsUp: true,
    repetitions: 3,
    prepare: async (context) => await prepare(context),
  };
}

interface Place {
  readonly directory: string;
  readonly services: number;
  readonly digest: string;
}

async function prepare(context: BenchContext): Promise<Bench> {
  const services = context.isShort ? 20 : 600;
  const scratch = await mkdtemp(join(context.scratch, 'plan-'));
  const directory = join(scratch, 'filled');
  const sizes = [
    { environment: 'small', services: Math.ceil(services / 10) },
    { environment: 'large', services },
  ];
  context.say(`a ledger of ${services} services on ${clusters} clusters is made`);
  await runScript('side/fill-planning.ts', { directory, sizes }, fillMs);
  const { digest } = z
    .object({ digest: z.string() })
    .parse(JSON.parse(readFileSync(join(directory, 'large.json'), 'utf8')));
  const place = { directory, services, digest };
  const { bytes, documents } = await parseAndHash(place);
  return {
    facts: [
      `${services} services that run on ${clusters} clusters are all to be updated: ${documents} documents of ${bytes} bytes; a plan of a tenth of that in the same process beforehand, to warm up`,
      'asserted: the plan is the same, byte for byte, each time, and updates every service on every cluster; every document has the digest under which it is stored',
    ],
    measure: async (side) => ({ plan: await measure(place, side) }),
    close: async () => await rm(scratch, { recursive: true, force: true }),
  };
}

const planTold = z.object({ ms: z.number().positive(), digest: z.string(), steps: z.int(), updates: z.int() });
const hashTold = z.object({ ms: z.number().positive(), bytes: z.int(), isRight: z.boolean(), documents: z.int() });

async function parseAndHash({ directory }: Place): Promise<z.infer<typeof hashTold>> {
  const input = { directory, warmUp: 'small', measured: 'large' };
  return hashTold.parse(await runScript('baseline/parse-and-hash.ts', input, limitMs));
}

async function measure(place: Place, side: Side): Promise<number> {
  if (side === 'theirs') {
    const { ms, isRight } = await parseAndHash(place);
    assert.ok(isRight, 'every document has its digest');
    return ms;
  }
  const { directory, services, digest } = place;
  const warmUp = { environment: 'small', services: Math.ceil(services / 10) };
  const input = { directory, warmUp, measured: { environment: 'large', services } };
  const told = planTold.parse(await runScript('side/plan.ts', input, limitMs));
  const due = services * clusters;
  assert.deepEqual([told.digest, told.steps, told.updates], [digest, due, due], 'the plan is the same and whole');
  return told.ms;
}
