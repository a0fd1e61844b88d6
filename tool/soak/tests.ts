import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTestFiles } from '../test-run.ts';
import type { PartEnd, PartOptions } from './part.ts';

const heartbeatMs = 60_000;
const shownCharacters = 4_000;

/** Runs one test file with some variables set. What it prints after `fact: ` is what was counted. */
export async function soakTests(
  options: PartOptions,
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<PartEnd> {
  const { root, limitMs, say } = options;
  const scratch = mkdtempSync(join(tmpdir(), 'drayage-'));
  const beganMs = performance.now();
  const beat = setInterval(() => say(`${file}: ${Math.round((performance.now() - beganMs) / 1000)} s`), heartbeatMs);
  Object.assign(process.env, variables);
  try {
    const [report] = await runTestFiles([file], {
      root,
      scratch,
      allowedSkips: [],
      limitMs: { unit: limitMs, browser: limitMs, engine: limitMs, soak: limitMs },
      atOnce: { unit: 1, browser: 1, engine: 1, soak: 1 },
      longest: [],
      alone: [],
      onStart: () => {},
      onEnd: () => {},
    });
    if (report === undefined) return { passed: false, facts: [], problems: [`${file} is missing`] };
    const { problems, output, passed } = report;
    if (problems.length > 0) say(output.slice(-shownCharacters));
    const told = [...output.matchAll(/^fact: (.*)$/gm)].map(([, fact = '']) => fact);
    return { passed: problems.length === 0, facts: [`${passed} tests passed`, ...told], problems };
  } finally {
    clearInterval(beat);
    rmSync(scratch, { recursive: true, force: true });
  }
}
