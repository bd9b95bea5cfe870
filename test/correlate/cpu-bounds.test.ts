import { describe, expect, it } from 'vitest';
import { cpuBounds, mostBetween } from '../../src/correlate/cpu-bounds.ts';
import type { Way } from '../../src/correlate/cpu-ways.ts';

/** Ten messages, a millisecond apart, of which the shortest took so long. */
function way(from: number, to: number, shortest: number): Way {
  const took = Array.from({ length: 10 }, (_, at) => shortest + ((at * 7) % 5));
  return {
    from,
    to,
    latencies: took,
    impossible: 0,
    doubtful: 0,
    earliestNs: 0,
    sent: took.map((_, at) => at * 1e6),
    took,
  };
}

describe('how far the clocks of two CPUs can differ', () => {
  it('is the shortest message of the slower direction', () => {
    const bounds = cpuBounds([way(0, 1, 3_000), way(1, 0, 700)]);
    expect(mostBetween(bounds, 0, 1)).toBeGreaterThanOrEqual(3_000);
    expect(mostBetween(bounds, 0, 1)).toBeLessThanOrEqual(3_004);
    expect(mostBetween(bounds, 1, 0)).toBe(mostBetween(bounds, 0, 1));
    expect(mostBetween(bounds, 1, 1)).toBe(0);
  });

  it('is bounded over a third CPU where they exchange nothing', () => {
    const ring = cpuBounds([way(0, 1, 1_000), way(1, 2, 2_000), way(2, 0, 500)]);
    expect(mostBetween(ring, 0, 2)).toBeGreaterThanOrEqual(3_000);
    expect(mostBetween(ring, 0, 2)).toBeLessThan(3_010);
  });

  it.each([
    ['messages in one direction', [way(0, 1, 900)]],
    ['no messages', []],
  ])('is not bounded by %s', (_, ways) => {
    expect(mostBetween(cpuBounds(ways), 0, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is that of the part of the recording that proves least', () => {
    const stepped = way(0, 1, 0);
    const took = stepped.took.map((ns, at) => ns + (at < 5 ? 1_000 : 6_000));
    expect(mostBetween(cpuBounds([{ ...stepped, took }, way(1, 0, 100)]), 0, 1)).toBeGreaterThanOrEqual(
      6_000,
    );
  });
});
