/** What must be true in every run, whatever the chaos. */
export const properties = [
  'nothing acknowledged is lost',
  'nothing is done twice',
  'one request is one deployment',
  'a newer driver is never overwritten',
  'nobody writes after the lease',
  'every deployment ends',
  'never fewer healthy replicas because of us',
  'a rollback is never rolled back',
  'the ledger verifies',
  'a commit is whole or not there',
  'nothing is done before it is recorded',
  'every event is legal',
  'waves follow each other',
  'a plan is carried out only on what it was made for',
  'what is verified was watched',
  'no deadline fires on time that nobody observed',
  'what succeeded is congruent',
  'what was rolled back runs as before',
  'what is settled runs',
  'nothing runs that the ledger does not hold',
  'no more tasks start at once than allowed',
  'a signed head is never taken back',
  'a receipt proves its entry for ever',
  'only a ledger that lost entries is taken for one',
  'a ledger that lost entries is only read until it is recovered',
  'a recovered ledger goes on',
  'nothing fails for a reason of its own',
] as const;

export type Property = (typeof properties)[number];

export interface Violation {
  readonly property: Property;
  readonly message: string;
}

/** Where the checks of one run put what they find. */
export interface Findings {
  violated(property: Property, message: string): void;
  all(): readonly Violation[];
}

export function createFindings(onFirst: (violation: Violation) => void): Findings {
  const found: Violation[] = [];
  return {
    violated(property, message) {
      const violation = { property, message };
      if (found.length === 0) onFirst(violation);
      if (found.length < 20) found.push(violation);
    },
    all: () => found,
  };
}
