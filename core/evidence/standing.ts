/** How a release stands with an environment that runs it. */
export interface Standing {
  readonly environment: string;
  /** What of the environment's requirements it does not meet now, as clauses; empty: it would be taken again. */
  readonly lacks: readonly string[];
}

/** What an entry of the ledger holds of it: an entry is small, whatever a report says. */
const recorded = { environments: 40, lacks: 2, characters: 150 };

/** Standings as an entry holds them: those that refuse first. */
export function recordedStandings(standings: readonly Standing[]): readonly Standing[] {
  return standings
    .toSorted((a, b) => Number(b.lacks.length > 0) - Number(a.lacks.length > 0))
    .slice(0, recorded.environments)
    .map(({ environment, lacks }) => ({
      environment,
      lacks: lacks.slice(0, recorded.lacks).map((lack) => cut(lack)),
    }));
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length <= recorded.characters ? text : `${characters.slice(0, recorded.characters - 1).join('')}…`;
}
