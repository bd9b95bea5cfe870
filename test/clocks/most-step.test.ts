/** How large a step of a clock messages leave unnoticed. All messages are drawn. */
import { describe, expect, it } from 'vitest';
import { causalLine } from '../../src/clocks/causal-line.ts';
import { mostStep } from '../../src/clocks/most-step.ts';
import type { RequestMessages } from '../../src/clocks/robust-line.ts';

const COUNT = 200;
const EVERY_NS = 1_000_000;

interface Exchange {
  readonly lower: RequestMessages;
  readonly upper: RequestMessages;
}

/** Messages there (5 to 15 µs) and back (8 to 20 µs) of clocks 42 µs apart; from halfway on further apart by `stepNs`. */
function exchange(stepNs: number, driftPpm = 0): Exchange {
  const at = Float64Array.from({ length: COUNT }, (_, i) => i * EVERY_NS);
  const request = Int32Array.from(at.keys());
  const truth = (i: number) =>
    42_000 + (driftPpm / 1e6) * at[i]! + (at[i]! < (at[0]! + at.at(-1)!) / 2 ? 0 : stepNs);
  const offsets = (latency: (i: number) => number) => at.map((_, i) => truth(i) + latency(i));
  return {
    lower: { at, request, offset: offsets((i) => -(5_000 + ((i * 7_919) % 11) * 1_000)) },
    upper: { at, request, offset: offsets((i) => 8_000 + ((i * 104_729) % 13) * 1_000) },
  };
}

/** Messages of a part of the time. */
function between(messages: RequestMessages, from: number, to: number): RequestMessages {
  const own = [...messages.at.keys()].filter((i) => messages.at[i]! >= from && messages.at[i]! < to);
  return {
    at: Float64Array.from(own, (i) => messages.at[i]!),
    offset: Float64Array.from(own, (i) => messages.offset[i]!),
    request: Int32Array.from(own, (i) => messages.request[i]!),
  };
}

describe('the most that a clock can have been set unnoticed', () => {
  it('is what the quickest messages there and back leave open, where clocks do not drift', () => {
    const { lower, upper } = exchange(0);
    expect(mostStep(lower, upper, 0, [])).toBe(13_000);
  });

  it.each([0, 4, -300])(
    'bounds every step that leaves a line through all messages, drift %d ppm',
    (drift) => {
      const steps = Array.from({ length: 81 }, (_, i) => (i - 40) * 1_000);
      const unnoticed = steps.filter((step) => {
        const { lower, upper } = exchange(step, drift);
        if (causalLine(lower, upper, 500).kind !== 'line') return false;
        expect(mostStep(lower, upper, 500, [])).toBeGreaterThanOrEqual(Math.abs(step));
        return true;
      });
      expect(unnoticed.length).toBeGreaterThan(1);
      expect(unnoticed.length).toBeLessThan(steps.length);
    },
  );

  it('is not known where one half has messages in one direction only', () => {
    const { lower, upper } = exchange(0);
    const half = (COUNT * EVERY_NS) / 2;
    expect(mostStep(lower, between(upper, 0, half), 0, [])).toBe(Number.POSITIVE_INFINITY);
    expect(mostStep(lower, between(upper, half, Infinity), 0, [])).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not known with messages of one moment', () => {
    const one = { at: Float64Array.of(5), offset: Float64Array.of(40_000), request: Int32Array.of(0) };
    expect(mostStep(one, { ...one, offset: Float64Array.of(50_000) }, 500, [])).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('does not count messages that were left out', () => {
    const { lower, upper } = exchange(0);
    // One that arrived before it was sent.
    upper.offset[20] = 0;
    expect(mostStep(lower, upper, 0, [])).toBe(Number.POSITIVE_INFINITY);
    expect(mostStep(lower, upper, 0, [20])).toBe(13_000);
  });
});
