import { acceptScenario } from '../../bench/row/accept.ts';
import { appendScenario } from '../../bench/row/append.ts';
import { eventsScenario } from '../../bench/row/events.ts';
import { noOpScenario } from '../../bench/row/no-op.ts';
import { paintScenario } from '../../bench/row/paint.ts';
import { planScenario } from '../../bench/row/plan.ts';
import { rollbackScenario } from '../../bench/row/rollback.ts';
import { rolloutScenario } from '../../bench/row/rollout.ts';
import { startScenario } from '../../bench/row/start.ts';
import { verifyScenario } from '../../bench/row/verify.ts';
import type { RowAbout, RowName, Scenario } from './row.ts';

/** All that can be measured, in the order of the report. */
export const scenarios: readonly Scenario[] = [
  acceptScenario('group'),
  acceptScenario('each'),
  rolloutScenario(),
  noOpScenario(),
  rollbackScenario(),
  appendScenario(),
  verifyScenario(),
  planScenario(),
  eventsScenario(),
  paintScenario(),
  startScenario(),
];

/** What a row compares. */
export function aboutRow(name: RowName): RowAbout {
  const about = scenarios.flatMap(({ rows }) => rows).find((row) => row.name === name);
  if (about === undefined) throw new Error(`nothing measures the row ${name}`);
  return about;
}
