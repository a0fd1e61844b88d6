/** The value that so many of them (0 to 1) do not exceed, rounded up to whole numbers; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return Math.ceil(sorted[place] ?? Number.NaN);
}
