import { describe, expect, it } from 'vitest';
import { type RequestTable, STATUS } from '../../src/correlate/request-table.ts';
import { applicationCycle } from '../../src/report/application-cycle.ts';
import type { GroundTruth } from '../../src/trace/recording.ts';

/** Requests that begin every 100 ns, all but the last 90 ns long. */
function table(length: number, change: Partial<Pick<RequestTable, 'total' | 'status'>> = {}): RequestTable {
  const start = Float64Array.from({ length }, (_, index) => 1000 + index * 100);
  const total = new Int32Array(length).fill(90);
  return { length, start, total, status: new Uint8Array(length), ...change } as RequestTable;
}

/** fio's figures for so many requests, 101 ns apart. */
function truth(requests: number, jobs = ['a']): GroundTruth {
  const fio = {
    version: '',
    jobs,
    direction: 'read',
    iodepth: 1,
    blockSize: '4k',
    ioengine: 'psync',
  } as const;
  return {
    source: 'fio.json',
    kind: 'fio',
    requests,
    meanNs: 95,
    fio: { ...fio, iops: 1e9 / 101, clatMeanNs: 95, latMeanNs: 95 },
  };
}

describe('from request to request', () => {
  it('holds the trace against fio’s rate', () => {
    const cycle = applicationCycle(truth(1001), table(1001))!;
    expect(cycle.tracedNs).toBe(100);
    expect(cycle.ownNs).toBeCloseTo(101);
    expect(cycle.closure).toBeCloseTo(100 / 101);
    expect(cycle.betweenNs).toBe(10);
    expect(cycle.roundingNs).toBeCloseTo(1e6 / 1001);
  });

  it('is not told where two requests were in flight at once', () => {
    const total = new Int32Array(1001).fill(90);
    total[500] = 150;
    expect(applicationCycle(truth(1001), table(1001, { total }))).toBeNull();
  });

  it('is not told where requests are missing, or there are several jobs', () => {
    expect(applicationCycle(truth(1010), table(1001))).toBeNull();
    expect(applicationCycle(truth(1001, ['a', 'b']), table(1001))).toBeNull();
  });

  it('tells one long pause of the application from what is usual', () => {
    const requests = table(1001);
    for (let request = 500; request < 1001; request++) requests.start[request]! += 1_000_000;
    const { betweenNs, betweenP50Ns, betweenMaxNs } = applicationCycle(truth(1001), requests)!;
    expect([betweenNs, betweenP50Ns, betweenMaxNs]).toEqual([1010, 10, 1_000_010]);
  });

  it('counts those that could not be followed, and not those of others', () => {
    const status = new Uint8Array(1002);
    status[500] = STATUS.rejected;
    status[1001] = STATUS.outside;
    const cycle = applicationCycle(truth(1001), table(1002, { status }))!;
    expect(cycle.tracedNs).toBe(100);
    expect(cycle.betweenNs).toBe(10);
  });
});
