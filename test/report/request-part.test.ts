import { describe, expect, it } from 'vitest';
import { DIRECTION } from '../../parsers/event-kinds.ts';
import type { Correlated } from '../../src/correlate/correlate.ts';
import { STATUS } from '../../src/correlate/request-table.ts';
import { applicationCycle } from '../../src/report/application-cycle.ts';
import { depthInside, workloadOf } from '../../src/report/request-part.ts';
import type { Breakdown } from '../../src/stats/breakdown.ts';
import type { FioFacts, GroundTruth } from '../../src/trace/recording.ts';

/** Reads of 4 KiB, but for those named: index to bytes and direction. */
function loadOf(length: number, strays: Readonly<Record<number, readonly [number, number]>> = {}) {
  const bytes = new Uint32Array(length).fill(4096);
  const direction = new Uint8Array(length).fill(DIRECTION.read);
  for (const [at, [size, way]] of Object.entries(strays)) {
    bytes[Number(at)] = size;
    direction[Number(at)] = way;
  }
  return workloadOf(inside(drawn({ start: new Float64Array(length), bytes, direction })), {
    matched: Int32Array.from({ length }, (_, index) => index),
  });
}

/** What a workload is told by. */
const inside = (correlated: Correlated) => ({
  requests: correlated.requests,
  depth: depthInside(correlated),
});

/** Requests of 10 µs from issue to completion each, as columns. */
function drawn({
  start,
  ...columns
}: { start: Float64Array; status?: Uint8Array } & Record<string, unknown>): Correlated {
  const { length } = start;
  const row = (offset: number) => Int32Array.from({ length }, (_, request) => 2 * request + offset);
  return {
    requests: {
      ...{ length, start, total: new Int32Array(length).fill(10_000), status: new Uint8Array(length) },
      rows: new Map([
        ['host:issue', row(0)],
        ['host:complete', row(1)],
      ]),
      ...{ bytes: new Uint32Array(length), direction: new Uint8Array(length), ...columns },
    },
    path: { anchors: { issue: 'host:issue', complete: 'host:complete' } },
    app: { table: { ts: Float64Array.from([...start].flatMap((at) => [at, at + 10_000])) } },
  } as unknown as Correlated;
}

/** Four requests a millisecond apart, half a second behind five others that were in flight together. */
function behindOthers() {
  const start = Float64Array.from([0, 1, 2, 3, 4, 500_000_000, 501_000_000, 502_000_000, 503_000_000]);
  const { outside, matched } = STATUS;
  const status = Uint8Array.from(start, (at) => (at < 5 ? outside : matched));
  const followed = { matched: Int32Array.of(5, 6, 7, 8) } as unknown as Breakdown;
  return { correlated: drawn({ start, status }), followed };
}

describe('what is another’s', () => {
  it('has no part in queue depth and rate', () => {
    const { correlated, followed } = behindOthers();
    const { queueDepth, queueDepthMax, iops, spanNs } = workloadOf(inside(correlated), followed);
    expect([queueDepth, queueDepthMax, spanNs]).toEqual([1, 1, 3_010_000]);
    expect(iops).toBeCloseTo(4e9 / 3_010_000, 6);
  });

  it('is no part of the time from request to request', () => {
    const { correlated } = behindOthers();
    const { quarantined } = STATUS;
    // Not known to be another's: a page of a program, read when it was touched.
    correlated.requests.status.fill(quarantined, 4, 5).fill(STATUS.outside, 0, 4);
    const fio = { jobs: ['a'], iops: 1000 } as unknown as FioFacts;
    const truth: GroundTruth = { source: '', kind: 'fio', requests: 4, meanNs: 10_000, fio };
    expect(applicationCycle(truth, correlated.requests)).toMatchObject({
      tracedNs: 1_000_000,
      closure: 1,
    });
  });
});

describe('the load of a recording', () => {
  it('is told by what all requests have', () => {
    expect(loadOf(500)).toMatchObject({ requestBytes: 4096, direction: 'read', others: 0 });
    expect(loadOf(0)).toMatchObject({ requestBytes: null, direction: 'mixed', others: 0 });
  });

  it('is not another for one stray request, which is counted', () => {
    const strays = { 7: [65_536, DIRECTION.write], 300: [512, DIRECTION.read] } as const;
    expect(loadOf(500, strays)).toMatchObject({ requestBytes: 4096, direction: 'read', others: 2 });
  });

  it('is mixed where more than one in a hundred differ', () => {
    const bytes = { 1: [8192, DIRECTION.read], 2: [512, DIRECTION.read] } as const;
    expect(loadOf(100, bytes)).toMatchObject({ requestBytes: null, direction: 'read', others: 0 });
    const ways = { 1: [4096, DIRECTION.write], 2: [4096, DIRECTION.write] } as const;
    expect(loadOf(100, ways)).toMatchObject({ requestBytes: 4096, direction: 'mixed', others: 0 });
  });
});
