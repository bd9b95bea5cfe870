/** Distributions that are counted, against values that are put in order and simple-statistics. */
import { mean, quantileSorted, standardDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { Spread } from '../../src/stats/spread.ts';
import { randomFrom } from '../support/damage.ts';

/** What a spread says of values that are added in parts, and of what stands at some places. */
function spreadOf(values: readonly number[], places: readonly number[], part = 7) {
  const spread = new Spread();
  const parts: Int32Array[] = [];
  for (let at = 0; at < values.length; at += part) parts.push(Int32Array.from(values.slice(at, at + part)));
  for (const each of parts) spread.add(each, each.length);
  const again = spread.ask(places);
  if (again) for (const each of parts) spread.addAgain(each, each.length);
  return { distribution: spread.distribution(), at: places.map((place) => spread.at(place)), again };
}

describe('a spread', () => {
  it.each([
    ['one value', 1, 10],
    ['few values, most of them equal', 100, 4],
    ['values below the first wide class', 5000, 131_072],
    ['values around it', 3000, 300_000],
    ['values of all sizes', 4000, 2 ** 31],
  ])('says what putting in order says: %s', (_, n, below) => {
    const random = randomFrom(n);
    const values = Array.from({ length: n }, () => Math.floor(random() ** 3 * below));
    const sorted = values.toSorted((a, b) => a - b);
    const places = Array.from({ length: 9 }, () => Math.floor(random() * n));
    const { distribution, at } = spreadOf(values, places);
    const { ciLowNs, ciHighNs, meanNs, ...exact } = distribution;
    const half = (1.959964 * standardDeviation(values)) / Math.sqrt(n);
    expect(exact).toEqual({
      minNs: sorted[0],
      p50Ns: quantileSorted(sorted, 0.5),
      p90Ns: quantileSorted(sorted, 0.9),
      p99Ns: quantileSorted(sorted, 0.99),
      p999Ns: quantileSorted(sorted, 0.999),
      maxNs: sorted.at(-1),
    });
    expect(meanNs).toBeCloseTo(mean(values), 6);
    expect([ciLowNs, ciHighNs]).toEqual([expect.closeTo(meanNs - half, 5), expect.closeTo(meanNs + half, 5)]);
    expect(at).toEqual(
      places.map((place) => ({ value: sorted[place], below: sorted.indexOf(sorted[place]!) })),
    );
  });

  it('goes through values again only for a place in a wide class', () => {
    expect(spreadOf([3, 131_071, 9], []).again).toBe(false);
    expect(spreadOf([3, 131_072, 9], []).again).toBe(true);
  });

  it('keeps what the values are off their mean where the first is far from all others', () => {
    const values = [2 ** 30, ...Array.from({ length: 100_000 }, (_, at) => 10_000 + (at % 3))];
    const { ciHighNs, meanNs } = spreadOf(values, []).distribution;
    const half = (1.959964 * standardDeviation(values)) / Math.sqrt(values.length);
    expect((ciHighNs - meanNs) / half).toBeCloseTo(1, 9);
  });
});
