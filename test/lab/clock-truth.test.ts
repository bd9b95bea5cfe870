/** The bounds of the true offset, with drawn readings of clocks whose offset is known. */
import { describe, expect, it } from 'vitest';
import type { GroundTruth } from '../../src/trace/recording.ts';
import { offsetBounds } from './clock-truth.ts';

/** Two ticks a nanosecond; the guest's TSC is 5,000,000 less than the host's, its clock 40 ms behind. */
const TSC_OFFSET = -5_000_000n;
const GUEST_LESS_HOST_NS = -40_000_000n;
const tscAt = (hostNs: bigint) => hostNs * 2n + 1_000_000_000n;

const HOST_PAIRS = [10_000_000_000n, 20_000_000_000n].map(
  (ns) => `${ns} ${tscAt(ns) - 100n} ${tscAt(ns) + 100n}`,
);

/** Nine requests of 80 µs; the clock is read 200 ns before the first stamp and 300 ns after the second. */
function drawnLog(wrongNs = 0): GroundTruth {
  const epochHost = 14_000_000_000n;
  const starts = Array.from({ length: 9 }, (_, index) => index * 100_000);
  const column = (value: (start: number) => number) => Float64Array.from(starts, value);
  const log = {
    epochNs: epochHost + GUEST_LESS_HOST_NS,
    epochTsc: tscAt(epochHost) + TSC_OFFSET,
    sector: column((start) => start),
    startNs: column((start) => start),
    endNs: column((start) => start + 80_000 + wrongNs),
    startTsc: column((start) => (start + 200) * 2),
    endTsc: column((start) => (start + 79_700) * 2),
  };
  return { source: 'drawn', kind: 'request-log', requests: 9, meanNs: 80_000, log };
}

const readings = { hostPairs: HOST_PAIRS, tscOffset: TSC_OFFSET.toString() };

describe('offsetBounds', () => {
  it('holds the offset, as narrow as the readings were', () => {
    const bounds = offsetBounds(drawnLog(), readings)!;
    const truth = Number(GUEST_LESS_HOST_NS - bounds.base);
    expect(truth).toBeGreaterThanOrEqual(bounds.low);
    expect(truth).toBeLessThanOrEqual(bounds.high);
    expect(bounds.high - bounds.low).toBeLessThanOrEqual(500 + 4 * 100);
  });

  it('reads an offset that KVM printed unsigned', () => {
    const unsigned = { hostPairs: HOST_PAIRS, tscOffset: `${BigInt.asUintN(64, TSC_OFFSET)}\n` };
    expect(offsetBounds(drawnLog(), unsigned)).toEqual(offsetBounds(drawnLog(), readings));
  });

  it('has none when the readings contradict each other', () => {
    expect(offsetBounds(drawnLog(-10_000), readings)).toBeUndefined();
  });
});
