import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { unreachable } from '../../core/unreachable.ts';
import { endGroupsOnSignal } from '../run-process.ts';
import { drawCurve, hostCostsIn } from './curve.ts';
import { describeMachine, describeSources } from './machine.ts';
import { partNames, scaleParts, type PartEnd, type PartName, type PartOptions } from './part.ts';
import { keepResult, page } from './record.ts';
import { soakSimulator } from './simulator.ts';
import { soakTests } from './tests.ts';

const usage = `usage: bin/soak [PART...] [--seeds N] [--hour] [--help]
Runs what does not fit into continuous integration, one part after the other, and writes what came of it to ${page}.
Without a PART all of them:
  simulator  the control plane in the simulated world, from seed 1 on; goes on where an interrupted run was
  kills      a server on a real engine, killed 100 times
  rollouts   200 rollouts on a real engine, of every outcome
  faults     nodes, links, daemons and a registry of two real swarms of three nodes fail during rollouts
  clusters   one deployment over two real swarms, and one of them away
  secrets    ten rotations of a secret under load on a real engine, five of them through a kill
  readers    1,000 readers of events at once
  documents  SBOMs of 50 MiB, eight at once, handed in and at the registry, beside reads and deployments
  builds     Dockerfiles and their corrected order, built by a real engine's two builders
  backup     60 backups beside eight writers
  ledger     a ledger of 3,000,000 entries: rebuilt, killed in the middle and carried on; verified; started
  hosts      30,000 simulated hosts in one deployment, and fewer, for the cost of each
  pace       600 services that are deployed to for 10 minutes at the pace of 1,079 deployments an hour
  answers    answers of a server with 100,000 deployments on its ledger
  scale      the last four
  --hour     the pace is kept for the whole hour
  --seeds N  how many seeds the simulator runs (default 100000)
Real engines need Linux and root. Ends with 0 when all went well, with 1 when anything failed, with 2 when it was called
wrongly.`;

const root = join(import.meta.dirname, '..', '..');
/** Beside the page. */
const curveFile = 'hosts.svg';
const state = join(root, '.drayage', 'soak');
const minuteMs = 60_000;
const hourMinutes = 60;
const shortMinutes = 10;
const limitMs: Readonly<Record<PartName, number>> = {
  simulator: 150 * minuteMs,
  kills: 60 * minuteMs,
  rollouts: 60 * minuteMs,
  faults: 30 * minuteMs,
  clusters: 10 * minuteMs,
  secrets: 20 * minuteMs,
  readers: 10 * minuteMs,
  documents: 20 * minuteMs,
  builds: 30 * minuteMs,
  backup: 30 * minuteMs,
  ledger: 60 * minuteMs,
  hosts: 30 * minuteMs,
  pace: 90 * minuteMs,
  answers: 30 * minuteMs,
};

async function runPart(part: PartName, options: PartOptions): Promise<PartEnd> {
  switch (part) {
    case 'simulator':
      return await soakSimulator(options);
    case 'kills':
      return await soakTests(options, 'test/engine/survival.test.ts', { SURVIVAL_KILLS: '100' });
    case 'rollouts':
      return await soakTests(options, 'test/soak/rollouts.test.ts', { SOAK_ROLLOUTS: '200' });
    case 'faults':
      return await soakTests(options, 'test/soak/faults.test.ts', {});
    case 'clusters':
      return await soakTests(options, 'test/soak/two-clusters.test.ts', {});
    case 'secrets':
      return await soakTests(options, 'test/soak/secrets.test.ts', {});
    case 'readers':
      return await soakTests(options, 'test/event-readers.test.ts', { EVENT_READERS: '1000' });
    case 'documents':
      return await soakTests(options, 'test/soak/large-documents.test.ts', {});
    case 'builds':
      return await soakTests(options, 'test/soak/dockerfile-builds.test.ts', {});
    case 'backup':
      return await soakTests(options, 'test/soak/backup.test.ts', {});
    case 'ledger':
      return await soakTests(options, 'test/soak/ledger-scale.test.ts', {});
    case 'hosts':
      return withCurve(await soakTests(options, 'test/soak/scale-hosts.test.ts', {}));
    case 'pace':
      return await soakTests(options, 'test/soak/scale-pace.test.ts', { SCALE_MINUTES: String(options.minutes) });
    case 'answers':
      return await soakTests(options, 'test/soak/scale-ledger.test.ts', {});
    default:
      return unreachable(part);
  }
}

/** Draws what hosts cost beside the page, once there are two points to draw a line through. */
function withCurve(end: PartEnd): PartEnd {
  const costs = hostCostsIn(end.facts);
  if (costs.length < 2) return end;
  writeFileSync(join(root, dirname(page), curveFile), drawCurve(costs));
  return { ...end, facts: [...end.facts, `the curve: ![what a host costs](${curveFile})`] };
}

async function soak(part: PartName, seeds: number, minutes: number): Promise<boolean> {
  const beganMs = performance.now();
  const date = new Date().toISOString();
  const [machine, sources] = await Promise.all([describeMachine(), describeSources(root)]);
  const say = (line: string): void => console.log(`${part}: ${line}`);
  say(`begins at ${date}`);
  const end = await runPart(part, { root, state, sources: sources.key, seeds, minutes, limitMs: limitMs[part], say });
  const durationMs = performance.now() - beganMs;
  for (const line of [...end.facts, ...end.problems]) say(line);
  say(`${end.passed ? 'passed' : 'FAILED'} after ${Math.round(durationMs / 1000)} s`);
  const command = `bin/soak ${part}${optionsOf(part, seeds, minutes)}`;
  const { facts, problems } = end;
  const about = { date, durationMs, sources: sources.text, machine, command };
  keepResult(root, { part, passed: end.passed, facts: [...facts], problems: [...problems], ...about });
  return end.passed;
}

function optionsOf(part: PartName, seeds: number, minutes: number): string {
  if (part === 'simulator') return ` --seeds ${seeds}`;
  return part === 'pace' && minutes === hourMinutes ? ' --hour' : '';
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '100000' },
      hour: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const seeds = Number(values.seeds);
  const named = positionals.flatMap((name): readonly string[] => (name === 'scale' ? scaleParts : [name]));
  const unknown = named.filter((name) => !partNames.some((part) => part === name));
  if (unknown.length > 0 || !Number.isSafeInteger(seeds) || seeds < 1) {
    console.error(unknown.length > 0 ? `soak: there is no part ${unknown.join(', ')}\n${usage}` : usage);
    return 2;
  }
  const minutes = values.hour ? hourMinutes : shortMinutes;
  mkdirSync(state, { recursive: true });
  let passed = true;
  for (const part of partNames) {
    if (named.length === 0 || named.includes(part)) passed = (await soak(part, seeds, minutes)) && passed;
  }
  return passed ? 0 : 1;
}

endGroupsOnSignal();
process.exitCode = await main();
