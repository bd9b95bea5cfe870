/** Random numbers that are the same on every machine: a result that is printed twice has to be the same twice. */

/** Numbers in [0, 1) of a 32-bit seed: mulberry32, whose 2^32 states suffice to draw blocks, and nothing else is drawn here. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
