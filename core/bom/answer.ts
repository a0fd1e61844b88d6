/** What is known of one thing and how, or why it is not. */
export type Answer<T> =
  | {
      readonly kind: 'known';
      readonly value: T;
      /** Where it came from, for people: `GITHUB_SHA`, `git rev-parse HEAD`. */
      readonly source: string;
    }
  | {
      readonly kind: 'missing';
      /** A clause that completes "it is missing: ...". */
      readonly why: string;
    };

export function known<T>(value: T, source: string): Answer<T> {
  return { kind: 'known', value, source };
}

export function missing(why: string): Answer<never> {
  return { kind: 'missing', why };
}

/** The first that is known; else the last, which says best what was looked for in vain. */
export function firstKnown<T>(answers: readonly [Answer<T>, ...Answer<T>[]]): Answer<T> {
  return answers.find((answer) => answer.kind === 'known') ?? answers.at(-1) ?? answers[0];
}
