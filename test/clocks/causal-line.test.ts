import { describe, expect, it } from 'vitest';
import { causalLine, type Messages } from '../../src/clocks/causal-line.ts';
import { robustLine } from '../../src/clocks/robust-line.ts';

/** Drawn messages: a true line, and latencies in both directions that repeat with different periods. */
function exchange(offsetNs: number, driftPpm: number, n = 200): { lower: Messages; upper: Messages } {
  const truth = (at: number) => offsetNs + (driftPpm / 1e6) * at;
  const at = Float64Array.from({ length: n }, (_, i) => i * 1_000_000);
  const there = (i: number) => 5_000 + ((i * 7_919) % 11) * 1_000;
  const back = (i: number) => 8_000 + ((i * 104_729) % 13) * 1_000;
  return {
    // A message to the host arrives later than it left: its offset lies below the truth; on the way back above it.
    lower: { at, offset: at.map((time, i) => truth(time) - there(i)) },
    upper: { at, offset: at.map((time, i) => truth(time) + back(i)) },
  };
}

describe('causalLine', () => {
  it.each([
    [0, 0],
    [1_000_000, 0],
    [-2_958_018_326_251, 50],
    [123, -50],
    [7_000, 499],
  ])('contains the truth: offset %d ns, drift %d ppm', (offsetNs, driftPpm) => {
    const { lower, upper } = exchange(offsetNs, driftPpm);
    const result = causalLine(lower, upper, 500);
    if (result.kind !== 'line') throw new Error(result.kind);
    for (const at of [0, 50_000_000, 199_000_000]) {
      const truth = offsetNs + (driftPpm / 1e6) * at;
      const { low, high } = result.line.rangeAt(at);
      expect(low).toBeLessThanOrEqual(truth + 0.01);
      expect(high).toBeGreaterThanOrEqual(truth - 0.01);
      expect(result.line.offsetAt(at)).toBeGreaterThanOrEqual(low);
      expect(result.line.offsetAt(at)).toBeLessThanOrEqual(high);
    }
  });

  it('is as wide as the quickest message each way when the clocks cannot drift', () => {
    const { lower, upper } = exchange(42_000, 0);
    const result = causalLine(lower, upper, 0);
    if (result.kind !== 'line') throw new Error(result.kind);
    expect(result.line.rangeAt(0)).toEqual({ low: 42_000 - 5_000, high: 42_000 + 8_000 });
  });

  it('says by how much messages contradict each other', () => {
    const at = Float64Array.of(0, 1_000_000);
    const lower = { at, offset: Float64Array.of(10_000, 10_000) };
    const upper = { at, offset: Float64Array.of(4_000, 4_000) };
    expect(causalLine(lower, upper, 0)).toEqual({ kind: 'contradiction', gapNs: 6_000 });
    const drifting = causalLine(lower, upper, 500);
    expect(drifting.kind).toBe('contradiction');
  });

  it('needs messages in both directions', () => {
    const { lower, upper } = exchange(0, 0);
    const none = { at: new Float64Array(), offset: new Float64Array() };
    expect(causalLine(lower, none, 500).kind).toBe('incomplete');
    expect(causalLine(none, upper, 500).kind).toBe('incomplete');
  });
});

describe('robustLine', () => {
  const withRequests = (messages: Messages) => ({
    ...messages,
    request: Int32Array.from(messages.at, (_, i) => i),
  });

  it('leaves out single strangers and names their requests', () => {
    const { lower, upper } = exchange(0, 0);
    upper.offset[17] = -500_000;
    const { result, violators } = robustLine(withRequests(lower), withRequests(upper), 500, 0.02);
    expect(result.kind).toBe('line');
    expect(violators).toEqual([17]);
  });

  it('does not explain away a recording that contradicts itself throughout', () => {
    const { lower, upper } = exchange(0, 0);
    const shifted = { at: upper.at, offset: upper.offset.map((offset) => offset - 200_000) };
    expect(robustLine(withRequests(lower), withRequests(shifted), 500, 0.02).result.kind).toBe(
      'contradiction',
    );
  });
});
