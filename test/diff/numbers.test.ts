import { describe, expect, it } from 'vitest';
import { blockMeans, wander } from '../../src/diff/blocks.ts';
import { bootstrap } from '../../src/diff/bootstrap.ts';
import { commonStages } from '../../src/diff/common-stages.ts';
import { compareFio, type FioRun } from '../../src/diff/compare-fio.ts';
import { differences, unitsOf } from '../../src/diff/differences.ts';
import { holm } from '../../src/diff/holm.ts';
import { randomOf } from '../../src/diff/random.ts';
import { superiority } from '../../src/diff/superiority.ts';

/** n numbers around a mean, uniform within ± spread; drawn. */
function drawn(n: number, mean: number, spread: number, seed: number): Int32Array {
  const random = randomOf(seed);
  return Int32Array.from({ length: n }, () => Math.round(mean + spread * (2 * random() - 1)));
}

describe('Holm', () => {
  it('multiplies the smallest by all, the next by one fewer, and keeps the order', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holm([0.9, 0.5])).toEqual([1, 1]);
  });
});

describe('the chance of being longer', () => {
  it('counts pairs, ties half', () => {
    expect(superiority(Int32Array.of(1, 2), Int32Array.of(3, 4))).toBe(1);
    expect(superiority(Int32Array.of(3, 4), Int32Array.of(1, 2))).toBe(0);
    expect(superiority(Int32Array.of(1, 2, 2), Int32Array.of(2))).toBeCloseTo((1 + 0.5 + 0.5) / 3);
  });
});

describe('blocks', () => {
  it('hold all values, in order', () => {
    expect([...blockMeans([1, 2, 3, 4, 5, 6, 7], 3)]).toEqual([1.5, 3.5, 6]);
    expect(wander([1, 1, 2, 2, 9, 9, 3, 3])).toBe(8);
  });
});

describe('the bootstrap', () => {
  it('is the same twice', () => {
    const pair = { a: Float64Array.from([1, 2, 3, 4, 6]), b: Float64Array.from([2, 4, 5, 7, 9]) };
    expect(bootstrap([pair], 0.05)).toEqual(bootstrap([pair], 0.05));
  });

  it('covers a true difference of 10 in about 95 of 100 drawings, of 10 units a side', () => {
    let covered = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const [result] = bootstrap(
        [
          {
            a: Float64Array.from(drawn(10, 1000, 50, seed)),
            b: Float64Array.from(drawn(10, 1010, 50, 1000 + seed)),
          },
        ],
        0.05,
      );
      if (Math.abs(result!.difference - 10) <= result!.half95) covered++;
    }
    // Binomial with p = 0.95 and n = 200: 183 to 197 in 99 of 100 cases.
    expect(covered).toBeGreaterThanOrEqual(183);
    expect(covered).toBeLessThanOrEqual(198);
  });

  it('knows no chance where nothing varies', () => {
    const same = Float64Array.from([5, 5, 5]);
    expect(bootstrap([{ a: same, b: same }], 0.05)[0]!.p).toBe(1);
    expect(bootstrap([{ a: same, b: same.map((value) => value + 1) }], 0.05)[0]!.p).toBeLessThan(0.001);
  });
});

describe('a difference', () => {
  const ask = (a: Int32Array, b: Int32Array, clockNs = 0) =>
    differences([{ a: [a], b: [b], clockNs }], unitsOf([a.length], [b.length]))[0]!;

  it('is shown where it is', () => {
    const found = ask(drawn(500, 5000, 400, 1), drawn(500, 5500, 400, 2));
    expect(found).toMatchObject({ shown: 'slower', by: 'mean', heldBy: null });
    expect(found.lowNs).toBeGreaterThan(400);
    expect(found.highNs).toBeLessThan(600);
  });

  it('is not, smaller than what the clocks leave open', () => {
    expect(ask(drawn(500, 5000, 400, 1), drawn(500, 5500, 400, 2), 600)).toMatchObject({
      shown: 'no',
      heldBy: 'clocks',
    });
  });

  it('is not, smaller than what a recording strays by itself', () => {
    const rising = drawn(500, 5000, 400, 1).map((ns, at) => ns + 2 * at);
    const shifted = drawn(500, 5000, 400, 2).map((ns, at) => ns + 2 * at + 1000);
    expect(ask(rising, shifted)).toMatchObject({ shown: 'no', heldBy: 'wander' });
  });

  it('is found below a heavy tail, by the bulk', () => {
    const tailed = (column: Int32Array, seed: number) => {
      const random = randomOf(seed);
      return column.map((ns) => (random() < 0.02 ? ns + 2_000_000 : ns));
    };
    const found = ask(tailed(drawn(2000, 5000, 400, 1), 3), tailed(drawn(2000, 5500, 400, 2), 4));
    expect(found).toMatchObject({ shown: 'slower', by: 'bulk' });
  });

  it('is never shown of fewer than 50 requests', () => {
    expect(ask(drawn(40, 5000, 4, 1), drawn(40, 9000, 4, 2))).toMatchObject({ shown: 'no', p: 1 });
  });
});

describe('stages of two recordings', () => {
  it('are paired by name, and what one side merged is added up', () => {
    expect(commonStages(['a', 'b', 'c', 'd'], ['a', 'b+c', 'd'])).toEqual([
      { id: 'a', a: ['a'], b: ['a'] },
      { id: 'b+c', a: ['b', 'c'], b: ['b+c'] },
      { id: 'd', a: ['d'], b: ['d'] },
    ]);
  });

  it('keep a merged stage of some requests apart when both have it', () => {
    expect(commonStages(['a', 'b', 'a+b'], ['a', 'b', 'a+b']).map(({ id }) => id)).toEqual(['a', 'b', 'a+b']);
  });

  it('that only one has stand alone, in their place', () => {
    expect(commonStages(['a', 'c'], ['a', 'b', 'c'])).toEqual([
      { id: 'a', a: ['a'], b: ['a'] },
      { id: 'b', a: [], b: ['b'] },
      { id: 'c', a: ['c'], b: ['c'] },
    ]);
  });

  it('merge whatever overlaps', () => {
    expect(commonStages(['a+b', 'c'], ['a', 'b+c'])).toEqual([
      { id: 'a+b+c', a: ['a+b', 'c'], b: ['a', 'b+c'] },
    ]);
  });
});

describe('means of fio', () => {
  const run = (us: number): FioRun => ({
    name: 'run.json',
    requests: 1000,
    meanNs: us * 1000,
    settings: { 'queue depth': '1' },
  });
  const side = (first: number, ...rest: number[]) => [run(first), ...rest.map(run)] as const;

  // Total latency, in µs, of qd-1-run-1 to -5 of qemu-io_uring and blkio-io_uring, branch libblkio of github.com/stefanha/qemu-perf.
  it('24.13 µs against 24.66 µs in five runs each: no difference shown', () => {
    const { total } = compareFio(
      side(24.51, 23.99, 24.3, 22.9, 24.94),
      side(24.93, 24.89, 24.83, 24.53, 24.11),
      '0',
    );
    expect(total.aNs).toBeCloseTo(24_128, -1);
    expect(total.bNs).toBeCloseTo(24_658, -1);
    expect(total).toMatchObject({ shown: 'no' });
    expect(total.lowNs).toBeLessThan(0);
    expect(total.highNs).toBeGreaterThan(0);
  });

  it('1,158 µs against 1,240 µs in five runs each: slower (queue depth 256 of the same)', () => {
    const { total } = compareFio(
      side(1154.99, 1157.51, 1156.01, 1160.91, 1158.37),
      side(1238.53, 1239.02, 1241.17, 1241.21, 1241.37),
      '0',
    );
    expect(total).toMatchObject({ shown: 'slower' });
  });

  it('of one run a side show nothing, however far apart', () => {
    const model = compareFio(side(10), side(1000), '0');
    expect(model.total).toMatchObject({ shown: 'no' });
    expect(model.notes.join(' ')).toContain('three runs a side are needed');
  });

  it('of other settings name them', () => {
    const other = [{ ...run(10), settings: { 'queue depth': '4' } }] as const;
    expect(compareFio(side(10), other, '0').matters).toEqual([
      { name: 'queue depth', a: '1', b: '4', refuses: true },
    ]);
  });
});
