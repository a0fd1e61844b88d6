/** A rule of the repository broken at a place. `line` counts from 1. */
export type Violation = {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly detail: string;
};

/** One line for each violation, as a compiler prints them. */
export function formatViolations(violations: readonly Violation[]): string {
  return violations.map((v) => `${v.path}:${v.line}: ${v.rule}: ${v.detail}`).join('\n');
}
