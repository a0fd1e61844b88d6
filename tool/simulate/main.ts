import { parseArgs } from 'node:util';
import { createLaboratory, type Report } from './run.ts';

const usage = `usage: bin/simulate [--seed N] [--count K] [--trace] [--help]
Runs the whole control plane in a simulated world, without real I/O or real time. The same seed gives the same run.
  --seed N    the first seed (default: a fresh one, which is printed)
  --count K   how many seeds, one after the other (default 1)
  --trace     print all that happened, not only the end of it
Ends with 0 when every property held, with 1 when one did not, with 2 when it was called wrongly.`;

/** How many lines before the violation are shown. */
const tailLines = 60;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      count: { type: 'string', default: '1' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const first = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000));
  const count = Number(values.count);
  if (!Number.isSafeInteger(first) || first < 0 || !Number.isSafeInteger(count) || count < 1) {
    console.error(usage);
    return 2;
  }
  return await runSeeds(first, count, values.trace);
}

async function runSeeds(first: number, count: number, isTraced: boolean): Promise<number> {
  const laboratory = createLaboratory();
  const began = performance.now();
  const totals = new Map<string, number>();
  let [simulatedMs, ran] = [0, 0];
  try {
    for (let seed = first; seed < first + count; seed += 1) {
      const report = await laboratory.run(seed);
      ran += 1;
      simulatedMs += report.simulatedMs;
      for (const [what, times] of report.counts) totals.set(what, (totals.get(what) ?? 0) + times);
      if (isTraced) console.log(report.lines.join('\n'));
      if (count === 1) console.log(`seed ${seed}: trace ${report.digest}, ${report.moments} moments`);
      if (report.violations.length > 0) {
        tell(report, isTraced);
        return 1;
      }
    }
    return 0;
  } finally {
    laboratory.close();
    for (const [what, times] of [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      console.log(`${String(times).padStart(8)}  ${what}`);
    const tookMs = performance.now() - began;
    console.log(
      `${ran} seeds from ${first}: ${Math.round(simulatedMs / 1000)} s of simulated time in ${Math.round(tookMs)} ms, ${(tookMs / ran).toFixed(1)} ms a seed`,
    );
  }
}

function tell({ seed, violations, lines, digest }: Report, isTraced: boolean): void {
  const at = lines.findIndex((line) => line.includes(' VIOLATION '));
  if (!isTraced) console.log(lines.slice(Math.max(0, at - tailLines), at + 1).join('\n'));
  for (const { property, message } of violations) console.log(`VIOLATED ${property}: ${message}`);
  console.log(`Seed ${seed} shows it (trace ${digest}): bin/simulate --seed ${seed} --trace`);
}

process.exitCode = await main();
