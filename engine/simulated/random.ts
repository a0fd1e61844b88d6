/** A source of pseudo-random numbers: the same seed gives the same ones. */
export interface Random {
  /** At least 0, below 1. */
  draw(): number;
  /** A whole number of at least 1 and at most `most`. */
  upTo(most: number): number;
}

/** The generator mulberry32: small, fast, and even enough for a simulation. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const draw = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { draw, upTo: (most) => 1 + Math.floor(draw() * most) };
}
