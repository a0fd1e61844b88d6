import type { Dockerfile, Instruction } from './instruction.ts';
import type { Rule } from './rule.ts';

/** What a comment above an instruction says is meant to be so. */
export interface Suppression {
  readonly line: number;
  readonly column: number;
  readonly rules: readonly string[];
  readonly reason: string;
  readonly instruction: Instruction;
}

const form = /^\s*#\s*drayage-lint:(.*)$/;

/** All comments that suppress something, right or wrong. */
export function suppressionsOf({ entries }: Dockerfile): readonly Suppression[] {
  return entries.flatMap(({ above, instruction }) => {
    const lines = above.source.split('\n');
    // The last piece is what stands behind the last line feed: nothing.
    const comments = lines.slice(0, -1);
    const first = comments.findLastIndex((line) => line.trim() === '') + 1;
    return comments.flatMap((line, index): Suppression[] => {
      const said = index < first ? undefined : form.exec(line.trimEnd())?.[1];
      if (said === undefined) return [];
      const [, names = '', reason = ''] = /^\s*ignore=([\w,-]*)(?:\s+(.*))?$/.exec(said) ?? [];
      const place = { line: above.line + index, column: line.indexOf('#') + 1 };
      return [{ ...place, rules: names.split(',').filter((name) => name !== ''), reason: reason.trim(), instruction }];
    });
  });
}

/** What is wrong with a suppression; null when it counts. */
export function suppressionProblem({ rules, reason }: Suppression, known: readonly string[]): string | null {
  if (rules.length === 0) return 'a suppression names no rule';
  const unknown = rules.find((name) => !known.includes(name));
  if (unknown !== undefined) return `there is no rule ${unknown.slice(0, 60)}`;
  return reason === '' ? `why ${rules.join(', ')} is ignored is not said` : null;
}

/** A suppression that does not count. Its findings are told by the linter, which knows all rules. */
export const suppressionInvalid: Rule = {
  id: 'suppression-invalid',
  severity: 'error',
  finds: 'a `# drayage-lint:` comment without a known rule or without a reason',
  reason: 'Who comes later must be able to judge whether the reason still holds. Such a comment suppresses nothing.',
  find: () => [],
};
