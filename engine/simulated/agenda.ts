/** What is to happen, in the order of its time; at the same time in the order of its entry. */
export interface Agenda {
  add(atMs: number, run: () => void): void;
  /** Time of the first entry; Infinity when there is none. */
  nextMs(): number;
  /** Takes the first entry out; undefined when there is none. */
  take(): { readonly atMs: number; readonly run: () => void } | undefined;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A binary heap. */
export function createAgenda(): Agenda {
  const heap: Entry[] = [];
  let order = 0;
  return {
    add(atMs, run) {
      heap.push({ atMs, order: order++, run });
      rise(heap, heap.length - 1);
    },
    nextMs: () => heap[0]?.atMs ?? Infinity,
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || first === last) return first;
      heap[0] = last;
      sink(heap);
      return first;
    },
  };
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

function rise(heap: Entry[], from: number): void {
  let index = from;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!swapUnlessOrdered(heap, parent, index)) return;
    index = parent;
  }
}

function sink(heap: Entry[]): void {
  let index = 0;
  for (;;) {
    const child = firstChild(heap, index);
    if (child === null || !swapUnlessOrdered(heap, index, child)) return;
    index = child;
  }
}

/** The child that comes first, or null without children. */
function firstChild(heap: readonly Entry[], index: number): number | null {
  const left = heap[2 * index + 1];
  const right = heap[2 * index + 2];
  if (left === undefined) return null;
  return right !== undefined && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1;
}

/** Whether the two had to change places. */
function swapUnlessOrdered(heap: Entry[], upper: number, lower: number): boolean {
  const above = heap[upper];
  const below = heap[lower];
  if (above === undefined || below === undefined || !isBefore(below, above)) return false;
  heap[upper] = below;
  heap[lower] = above;
  return true;
}
