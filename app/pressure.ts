/** How many callers wait for an answer from which on what nobody waits for goes more slowly. */
const pressedFrom = 8;

/** Tells what works beside them how many callers wait for an answer. */
export interface Pressure {
  /** Many wait: whoever is not one of them leaves more time between one round and the next. */
  isHigh(): boolean;
  /** Does what somebody waits for. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

export function createPressure(): Pressure {
  let waiting = 0;
  return {
    isHigh: () => waiting >= pressedFrom,
    async during(work) {
      waiting += 1;
      try {
        return await work();
      } finally {
        waiting -= 1;
      }
    },
  };
}
