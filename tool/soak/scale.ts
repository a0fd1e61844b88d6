import type { PartEnd, PartOptions } from './part.ts';
import { soakTests } from './tests.ts';

const files = ['test/soak/scale-hosts.test.ts', 'test/soak/scale-pace.test.ts', 'test/soak/scale-ledger.test.ts'];

/** Runs the tests of scale one after the other: they measure, and bear no load beside them. */
export async function soakScale(options: PartOptions): Promise<PartEnd> {
  const facts: string[] = [];
  const problems: string[] = [];
  for (const file of files) {
    const end = await soakTests(options, file, { SCALE_MINUTES: String(options.minutes) });
    facts.push(...end.facts);
    problems.push(...end.problems);
  }
  return { passed: problems.length === 0, facts, problems };
}
