import type { StandingView } from '../../wire/standing.ts';
import { printable, type Style } from '../style.ts';

/** How a release stands where it runs: environments that would take it again in one line, each other one with what it lacks. */
export function renderStandings(standings: readonly StandingView[], style: Style): string {
  const refusing = standings.filter(({ lacks }) => lacks.length > 0);
  const content = standings.filter(({ lacks }) => lacks.length === 0).map(({ environment }) => environment);
  const lines = refusing.flatMap(({ environment, lacks }) => [
    `${style.red(`runs in ${environment}, which would refuse it now:`)}`,
    ...lacks.map((lack) => `  ${printable(lack)}`),
  ]);
  if (content.length > 0) lines.push(`runs in ${content.join(', ')}`);
  return lines.length === 0 ? style.dim('runs nowhere') : lines.join('\n');
}
