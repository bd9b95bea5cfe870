import { describe, expect, it } from 'vitest';
import { DIRECTION } from '../../parsers/event-kinds.ts';
import { NOT_OBSERVED, type RequestTable, STATUS } from '../../src/correlate/request-table.ts';
import { latencyBins } from '../../src/picture/latency-bins.ts';
import { MOST_SAMPLED } from '../../src/picture/picture-model.ts';
import { requestSample } from '../../src/picture/request-sample.ts';
import { timeBins } from '../../src/picture/time-bins.ts';
import { ascending, ascendingOrder } from '../../src/stats/ascending.ts';

/** Requests of one variant, drawn: `totals` in the order of start, one every 10 µs; all matched but those in `leftOut`. */
function drawnTable(totals: readonly number[], leftOut: ReadonlySet<number> = new Set()): RequestTable {
  const n = totals.length;
  const column = (of: (at: number) => number) => Int32Array.from({ length: n }, (_, at) => of(at));
  return {
    length: n,
    start: Float64Array.from({ length: n }, (_, at) => 500 + at * 10_000),
    total: column((at) => totals[at]!),
    offsets: new Map([
      ['app:submit', column(() => 0)],
      ['host:issue', column((at) => Math.floor(totals[at]! / 4))],
      ['host:driver', column((at) => (at % 2 === 0 ? 7 : NOT_OBSERVED))],
      ['app:return', column((at) => totals[at]!)],
    ]),
    rows: new Map(),
    variant: new Uint16Array(n),
    variants: [
      {
        name: 'drawn',
        points: ['app:submit', 'host:issue', 'app:return'],
        stages: ['host-submit', 'device'],
      },
    ],
    status: Uint8Array.from({ length: n }, (_, at) =>
      leftOut.has(at) ? STATUS.quarantined : STATUS.matched,
    ),
    reason: new Uint16Array(n),
    reasons: ['drawn'],
    sector: new Float64Array(n),
    bytes: new Float64Array(n).fill(4096),
    direction: new Uint8Array(n).fill(DIRECTION.read),
  };
}

const everyIndex = (n: number) => Int32Array.from({ length: n }, (_, at) => at);

describe('latency bins', () => {
  it.each([
    ['one request', [1234]],
    ['equal ones', [5000, 5000, 5000]],
    ['far apart', [1, 10, 1_000_000, 2_000_000_000]],
    ['close together', Array.from({ length: 5000 }, (_, at) => 30_000 + at)],
    ['powers of ten, where logarithms round', [100, 1000, 10_000, 100_000]],
  ])('hold every request once, in the bin of its latency: %s', (_, totals) => {
    const { edgesNs, counts } = latencyBins(ascending(Int32Array.from(totals)));
    expect(counts.length).toBe(edgesNs.length - 1);
    expect(counts.length).toBeLessThanOrEqual(4000);
    counts.forEach((count, bin) => {
      const inside = totals.filter((ns) => ns >= edgesNs[bin]! && ns < edgesNs[bin + 1]!);
      expect(count, `${edgesNs[bin]} to ${edgesNs[bin + 1]}`).toBe(inside.length);
    });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(totals.length);
  });
});

describe('time bins', () => {
  it('hold every request where it starts, left out or not', () => {
    const totals = Array.from({ length: 1000 }, (_, at) => 1000 + at);
    const { bins, binNs } = timeBins(drawnTable(totals, new Set([0, 500, 999])), 500, 10_000_000);
    expect(bins.reduce((sum, { n }) => sum + n, 0)).toBe(997);
    expect(bins.reduce((sum, { leftOut }) => sum + leftOut, 0)).toBe(3);
    expect(bins[Math.floor(5_000_000 / binNs)]!.leftOut).toBe(1);
    expect(Math.max(...bins.map(({ maxNs }) => maxNs ?? 0))).toBe(1998);
  });

  it('say nothing where there is nothing, never 0', () => {
    const { bins } = timeBins(drawnTable([1000, 1000]), 500, 1_000_000);
    expect(bins.find(({ n }) => n === 0)).toEqual({
      n: 0,
      p50Ns: null,
      p99Ns: null,
      maxNs: null,
      leftOut: 0,
    });
  });
});

describe('the sample of requests', () => {
  const sampleOf = (totals: readonly number[]) => {
    const ranks = ascendingOrder(Int32Array.from(totals));
    return requestSample(drawnTable(totals), everyIndex(totals.length), ranks, 500);
  };

  it('is all of them where they fit, with their points', () => {
    const sample = sampleOf([400, 900, 700]);
    expect(sample.rows.map(([number]) => number)).toEqual([0, 1, 2]);
    expect([sample.typical, sample.slowest]).toEqual([2, 1]);
    expect(sample.rows[1]).toEqual([1, 0, 10_000, 0, 4096, 'read', [225, 900], []]);
    // host:driver is seen in every other request, beside the borders.
    expect(sample.points[sample.rows[0]![7][0]!]!.id).toBe('host:driver');
    expect(sample.rows[0]![7][1]).toBe(7);
  });

  it('stays small, says so, and has the slowest and those at the median', () => {
    const totals = Array.from({ length: 100_000 }, (_, at) => 20_000 + ((at * 7919) % 100_003));
    const sample = sampleOf(totals);
    expect(sample.rows.length).toBeLessThanOrEqual(MOST_SAMPLED);
    expect(sample.rows.length).toBeGreaterThan(MOST_SAMPLED / 2);
    expect(sample.how).toContain('of 100,000 requests');
    const held = new Set(sample.rows.map(([number]) => number));
    const ranks = ascendingOrder(Int32Array.from(totals));
    for (const at of [...ranks.slice(-250), ranks[50_000]!]) expect(held).toContain(at);
    expect(held).toContain(sample.typical);
    expect(held).toContain(sample.slowest);
  });
});
