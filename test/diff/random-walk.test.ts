/** Where the factor on wandering comes from: theory, not recordings. */
import { expect, it } from 'vitest';
import { wander } from '../../src/diff/blocks.ts';
import { meanOf, WANDERS } from '../../src/diff/differences.ts';
import { randomOf } from '../../src/diff/random.ts';

const WALKS = 20_000;
const STEPS = 32;

/** Shares of pairs of neighbouring stretches of a process that differ by more than `WANDERS` times what both stray. */
function beyond(next: (last: number, step: number) => number): number {
  const random = randomOf(7);
  // The sum of twelve is as good as normal, and its scale does not matter.
  const step = () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  let count = 0;
  for (let walk = 0; walk < WALKS; walk++) {
    let value = 0;
    const stretch = () =>
      Int32Array.from({ length: STEPS }, () => {
        value = next(value, step());
        return 1e6 * value;
      });
    const [a, b] = [stretch(), stretch()];
    if (Math.abs(meanOf(b) - meanOf(a)) > WANDERS * (wander(a) + wander(b))) count++;
  }
  return count / WALKS;
}

it('random walks differ by more in less than 0.1 %, values without memory hardly ever', () => {
  const walks = beyond((last, step) => last + step);
  expect(walks).toBeGreaterThan(0.0002);
  expect(walks).toBeLessThan(0.001);
  expect(beyond((_, step) => step)).toBeLessThan(0.0003);
});
