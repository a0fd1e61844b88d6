/** The longest pattern, and the longest value that is held against one. */
export const patternCharactersMost = 500;
const valueCharactersMost = 1_000;

/**
 * Whether all of a value matches a pattern: `*` stands for any characters but `/`, `**` for any at all, everything else
 * for itself. Takes time in proportion to both lengths, whatever the value is.
 */
export function matchesPattern(pattern: string, value: string): boolean {
  if (pattern.length > patternCharactersMost || value.length > valueCharactersMost) return false;
  const parts = pattern.match(/\*\*+|\*|[^*]/gs) ?? [];
  // Which beginnings of the value the parts so far can match, by their length.
  let reached = Array.from({ length: value.length + 1 }, (_, at) => at === 0);
  for (const part of parts) reached = advance(part, value, reached);
  return reached[value.length] === true;
}

function advance(part: string, value: string, before: readonly boolean[]): boolean[] {
  const after = before.map(() => false);
  for (const [at, is] of before.entries()) {
    if (part.startsWith('*')) {
      const goesOn = at > 0 && after[at - 1] === true && (part !== '*' || value[at - 1] !== '/');
      after[at] = is || goesOn;
    } else if (is && value.startsWith(part, at)) {
      after[at + part.length] = true;
    }
  }
  return after;
}
