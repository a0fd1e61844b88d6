import { availableParallelism } from 'node:os';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { runProcess } from '../run-process.ts';
import type { ProcessEnd } from '../run-process.ts';
import type { PartEnd, PartOptions } from './part.ts';

/** Seeds that one process runs before what came of them is kept. */
const chunkSeeds = 250;
const firstSeed = 1;
/** So many bad seeds end the part: more tell nothing new. */
const problemsMost = 10;
const shownLines = 5;

const progress = z.strictObject({
  sources: z.string(),
  done: z.array(z.int()),
  counts: z.record(z.string(), z.number()),
  tookMs: z.number(),
});
type Progress = z.infer<typeof progress>;

/** What the chunks have come to so far. */
interface Work {
  readonly options: PartOptions;
  readonly before: Progress;
  readonly problems: string[];
  readonly endMs: number;
}

/** Runs the seeds chunk by chunk, one process a core; an interrupted run goes on where it was, on the same sources. */
export async function soakSimulator(options: PartOptions): Promise<PartEnd> {
  const work: Work = {
    options,
    before: recall(options),
    problems: [],
    endMs: performance.now() + options.limitMs,
  };
  const chunks = Math.ceil(options.seeds / chunkSeeds);
  const waiting = Array.from({ length: chunks }, (_, chunk) => chunk).filter((it) => !work.before.done.includes(it));
  if (waiting.length < chunks) options.say(`goes on: ${chunks - waiting.length} of ${chunks} chunks were done before`);
  const worker = async (): Promise<void> => {
    for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
      if (work.problems.length >= problemsMost || performance.now() > work.endMs) return;
      if (await runChunk(work, chunk)) keep(work, chunk);
      const { length } = work.before.done;
      if (length % 20 === 0 || length === chunks) options.say(`${length} of ${chunks} chunks of ${chunkSeeds} seeds`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const { done, counts, tookMs } = work.before;
  if (done.length < chunks) work.problems.push(`${done.length} of ${chunks} chunks of seeds passed`);
  const ran = Math.min(done.length * chunkSeeds, options.seeds);
  return {
    passed: work.problems.length === 0,
    facts: [
      `${ran} seeds from ${firstSeed} passed, in ${Math.round(tookMs / 1000)} s of one core's time`,
      Object.entries(counts)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([what, times]) => `${what} ${times}`)
        .join(', '),
    ],
    problems: work.problems,
  };
}

/** Runs a chunk; after a bad seed it goes on with the next. True when all seeds were good. */
async function runChunk(work: Work, chunk: number): Promise<boolean> {
  const { root, seeds } = work.options;
  const end = firstSeed + Math.min((chunk + 1) * chunkSeeds, seeds);
  let next = firstSeed + chunk * chunkSeeds;
  let isGood = true;
  while (next < end && work.problems.length < problemsMost) {
    const limitMs = Math.max(work.endMs - performance.now(), 1_000);
    const args = ['--seed', String(next), '--count', String(end - next)];
    const ran = await runProcess(join(root, 'bin/simulate'), args, { cwd: root, limitMs });
    work.before.tookMs += ran.durationMs;
    if (ran.code === 0) {
      if (isGood) count(work.before, ran.output);
      return isGood;
    }
    isGood = false;
    const bad = Number(/^Seed (\d+) shows it/m.exec(ran.output)?.[1] ?? Number.NaN);
    work.problems.push(describe(ran, next, bad));
    work.options.say(work.problems.at(-1) ?? '');
    if (Number.isNaN(bad)) return false;
    next = bad + 1;
  }
  return isGood;
}

function describe(ran: ProcessEnd, next: number, bad: number): string {
  const violated = ran.output.split('\n').filter((line) => line.startsWith('VIOLATED '));
  if (!Number.isNaN(bad)) return `seed ${bad}: ${violated.join('; ')}`;
  const how = ran.timedOut ? 'the time was over' : `exit code ${ran.code ?? 'none'}`;
  return `from seed ${next} on: ${how}: ${ran.output.trimEnd().split('\n').slice(-shownLines).join(' | ')}`;
}

/** Adds up the lines `  12  what` that a run prints of what happened. */
function count(into: Progress, output: string): void {
  for (const [, times = '0', what = ''] of output.matchAll(/^ *(\d+) {2}(\S.*)$/gm)) {
    into.counts[what] = (into.counts[what] ?? 0) + Number(times);
  }
}

function recall({ state, sources, seeds }: PartOptions): Progress {
  const fresh: Progress = { sources, done: [], counts: {}, tookMs: 0 };
  try {
    const before = progress.parse(JSON.parse(readFileSync(join(state, 'simulator.json'), 'utf8')));
    // A finished run is not gone on with: whoever asks again wants it again.
    const isOver = before.done.length * chunkSeeds >= seeds;
    return before.sources === sources && !isOver ? before : fresh;
  } catch {
    return fresh;
  }
}

function keep({ options, before }: Work, chunk: number): void {
  before.done.push(chunk);
  const file = join(options.state, 'simulator.json');
  writeFileSync(`${file}.new`, JSON.stringify(before));
  renameSync(`${file}.new`, file);
}
