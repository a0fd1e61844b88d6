/** Aborted when whoever started the benchmarks wants them to end: scripts end at once, engines and servers in order. */
export const ending = new AbortController();
