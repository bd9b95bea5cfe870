import { describe, expect, it } from 'vitest';
import { SectorIndex } from '../../src/correlate/sector-index.ts';

/** Positions that were sought. */
function sought(index: SectorIndex): number[] {
  return [...index.positions.subarray(index.first, index.behind)];
}

describe('SectorIndex', () => {
  const far = 2 ** 40;
  // 100 sectors far apart that share their lowest 32 bits, each at four times.
  const sectors = Float64Array.from({ length: 400 }, (_, at) => (at % 100) * 2 ** 32 + far);
  const times = Float64Array.from({ length: 400 }, (_, at) => at * 1000);
  const index = new SectorIndex(sectors, times);

  it('gives all positions of a sector, in order, and none of another', () => {
    index.seek(7 * 2 ** 32 + far);
    expect(sought(index)).toEqual([7, 107, 207, 307]);
    index.seek(far + 8);
    expect(sought(index)).toEqual([]);
  });

  it('leaves out positions beyond reach where a sector has many', () => {
    const one = new SectorIndex(new Float64Array(50).fill(8), times.subarray(0, 50));
    one.seekNear(8, 20_000, 2000);
    expect(sought(one)).toEqual([18, 19, 20, 21, 22]);
    one.seekNear(8, 99_000, 2000);
    expect(sought(one)).toEqual([]);
  });
});
