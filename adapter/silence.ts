/** A deadline that counts silence alone: whoever makes progress is not too late. */
export interface SilenceLimit {
  /** Aborted, as by `AbortSignal.timeout`, when nothing was heard for so long. */
  readonly signal: AbortSignal;
  /** Begins to count anew. */
  heard(): void;
}

/** Begins to count. Keeps no process alive. */
export function limitSilence(ms: number): SilenceLimit {
  const controller = new AbortController();
  const end = (): void => controller.abort(new DOMException(`Nothing was heard for ${ms / 1_000} s.`, 'TimeoutError'));
  let timer = setTimeout(end, ms).unref();
  return {
    signal: controller.signal,
    heard() {
      clearTimeout(timer);
      timer = setTimeout(end, ms).unref();
    },
  };
}

/** Calls on at most once in so many milliseconds, the first time after as many. What comes between is passed over. */
export function seldom<T>(ms: number, tell: (value: T) => void): (value: T) => void {
  let next = performance.now() + ms;
  return (value) => {
    if (performance.now() < next) return;
    next = performance.now() + ms;
    tell(value);
  };
}
