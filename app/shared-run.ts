/**
 * Lets all who ask for the same work at the same time share one run of it, but never one that began before they asked.
 * At most one run is under way and one is waiting behind it, however many ask.
 */
export function createSharedRun<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  function begin(): Promise<T> {
    const run = work().finally(() => {
      if (underWay === run) underWay = null;
    });
    underWay = run;
    return run;
  }
  return () => {
    if (underWay === null) return begin();
    next ??= underWay
      .catch(() => undefined)
      .then(() => {
        next = null;
        return begin();
      });
    return next;
  };
}
