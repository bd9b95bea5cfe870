import { describe, expect, it } from 'vitest';
import { matchSequences } from '../../src/clocks/match-sequences.ts';

/** Drawn times: gaps of a cheap pseudo-random walk, the same for the same seed. */
function times(n: number, seed: number): Float64Array {
  let state = seed;
  let now = 0;
  return Float64Array.from({ length: n }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    now += 500_000 + (state % 4_000_000);
    return now;
  });
}

describe('matchSequences', () => {
  it('finds partners across an offset, a drift, strangers and missing events', () => {
    const host = times(400, 7);
    const guest = host
      .filter((_, i) => i >= 40 && i % 29 !== 0)
      .map((at) => at * (1 + 50e-6) - 9_876_543_210 + 30_000);
    const match = matchSequences(guest, host)!;
    expect(match.share).toBe(1);
    match.a.forEach((a, pair) => {
      const back = (guest[a]! + 9_876_543_210 - 30_000) / (1 + 50e-6);
      expect(Math.abs(host[match.b[pair]!]! - back)).toBeLessThan(1);
    });
  });

  it('finds the partners of a few events of which the first has none', () => {
    const guest = times(40, 7);
    const match = matchSequences(guest, guest.slice(1))!;
    expect([...match.a]).toEqual([...guest.keys()].slice(1));
    expect([...match.b]).toEqual([...guest.keys()].slice(0, -1));
  });

  it('matches nothing to another rhythm', () => {
    expect(matchSequences(times(300, 1), times(300, 99))).toBeUndefined();
  });

  it('needs a few events', () => {
    expect(matchSequences(times(2, 1), times(300, 1))).toBeUndefined();
  });
});
