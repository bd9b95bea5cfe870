/** The relation of two clocks over slices that were each related by themselves. All relations are drawn. */
import { describe, expect, it } from 'vitest';
import { ONE_CLOCK, type Relation } from '../../src/clocks/relation.ts';
import { type RelatedSlice, uniteRelations } from '../../src/clocks/unite-relations.ts';

const SECOND = 1e9;

/** A slice of one second of which the clocks are `offsetNs` apart at zero and drift. */
function slice(
  second: number,
  offsetNs: number,
  uncertaintyNs: number,
  { driftPpm = 0, ...other }: Partial<Relation> = {},
): RelatedSlice {
  const relation: Relation = {
    method: 'causal',
    offsetAt: (host) => offsetNs + host * driftPpm * 1e-6,
    uncertaintyNs,
    driftPpm,
    offsetNs: BigInt(offsetNs),
    interval: { low: -uncertaintyNs, high: uncertaintyNs },
    checked: `within ${uncertaintyNs} ns`,
    ok: true,
    mostStepNs: 2 * uncertaintyNs,
    violators: [3],
    ...other,
  };
  return { relation, middle: (second + 0.5) * SECOND, end: (second + 1) * SECOND };
}

describe('what slices know of their clocks, as one relation,', () => {
  it('is that of the only slice', () => {
    const only = slice(0, 500, 40);
    expect(uniteRelations([only])).toBe(only.relation);
  });

  it('has the widest bound of any slice', () => {
    const { uncertaintyNs, interval, mostStepNs, method, ok, checked, violators, offsetNs } = uniteRelations([
      slice(0, 1000, 40),
      slice(1, 1050, 900),
      slice(2, 1020, 70),
    ]);
    expect([uncertaintyNs, interval, method, ok]).toEqual([900, { low: -900, high: 900 }, 'causal', true]);
    expect(mostStepNs).toBe(1800);
    expect(checked).toBe(
      'in each of 3 slices by itself, and neighbours agree; in the one with the widest bound: within 900 ns',
    );
    expect(offsetNs).toBe(1050n);
    // Numbers of a slice's requests say nothing of the whole.
    expect(violators).toEqual([]);
  });

  it('drifts as the clocks do from the first slice to the last', () => {
    // Each slice has another idea of the drift; 20 µs in 2 s are 10 ppm.
    const slices = [
      slice(0, 0, 8000),
      slice(1, 0, 8000, { driftPpm: 6 }),
      slice(2, -5000, 8000, { driftPpm: 10 }),
    ];
    const { driftPpm, ok } = uniteRelations(slices);
    expect(driftPpm).toBeCloseTo(10, 3);
    expect(ok).toBe(true);
  });

  it('is as good as that of the worst slice', () => {
    const exact = slice(0, 1000, 5, { method: 'tsc', checked: 'exact' });
    const bounded = slice(1, 1000, 3);
    const { method, uncertaintyNs } = uniteRelations([exact, bounded, slice(2, 1000, 9, { method: 'tsc' })]);
    expect([method, uncertaintyNs]).toEqual(['causal', 3]);
  });
});

describe('one relation of several slices', () => {
  it('is not right where neighbours differ by more than their bounds', () => {
    const { ok, checked } = uniteRelations([
      slice(0, 1000, 200),
      slice(1, 1300, 200),
      slice(2, 9000, 300),
      slice(3, 9000, 100),
    ]);
    expect(ok).toBe(false);
    expect(checked).toBe(
      'the clocks were related anew in each of 4 slices, and differ between two of them by 7.2 µs more than their bounds allow',
    );
  });

  it('holds neighbours against each other where one ends and the next begins', () => {
    // 100 ppm: 100 µs a second, which is much where the slices' middles are and nothing at their border.
    const { ok, driftPpm } = uniteRelations([slice(0, 0, 10), slice(1, -100_000, 10, { driftPpm: 100 })]);
    expect(ok).toBe(true);
    expect(driftPpm).toBeCloseTo(50, 0);
    expect(uniteRelations([slice(0, 0, 10), slice(1, 0, 10, { driftPpm: 100 })]).ok).toBe(false);
  });

  it('is not right where that of a slice is not', () => {
    expect(uniteRelations([slice(0, 1000, 200), slice(1, 1000, 100, { ok: false })]).ok).toBe(false);
  });

  it('is one clock where all slices have one', () => {
    const one = { relation: ONE_CLOCK, middle: 0.5 * SECOND, end: SECOND };
    expect(uniteRelations([one, { ...one, middle: 1.5 * SECOND, end: 2 * SECOND }])).toBe(ONE_CLOCK);
  });

  it('is none where one slice has none', () => {
    const none = slice(1, 0, 0, { method: 'none', ok: false, checked: 'no message' });
    expect(uniteRelations([slice(0, 1000, 200), none, slice(2, 1000, 200)])).toBe(none.relation);
  });
});
