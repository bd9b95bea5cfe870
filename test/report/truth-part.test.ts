import { describe, expect, it } from 'vitest';
import type { RequestTable } from '../../src/correlate/request-table.ts';
import { truthOf } from '../../src/report/truth-part.ts';
import { countUnseen } from '../../src/report/unseen.ts';
import type { Breakdown } from '../../src/stats/breakdown.ts';
import type { FioFacts, GroundTruth } from '../../src/trace/recording.ts';
import { followDiagram } from '../support/follow-diagram.ts';

/** What fio says of 23 requests of 100 µs, and a trace in which they take 96. */
function partOf(fio: Partial<FioFacts>, meanNs = 100_000) {
  const facts: FioFacts = {
    version: '',
    jobs: ['a'],
    direction: 'read',
    iodepth: 1,
    blockSize: '4k',
    ioengine: 'psync',
    iops: 0,
    clatMeanNs: 99_000,
    latMeanNs: 100_000,
    ...fio,
  };
  const truth: GroundTruth = { source: 'fio.json', kind: 'fio', requests: 23, meanNs, fio: facts };
  const requests = { length: 0, status: new Uint8Array() } as unknown as RequestTable;
  const breakdown = { total: { meanNs: 96_000 }, matched: new Int32Array(23) } as unknown as Breakdown;
  const unseen = { withoutCall: 23, withoutReturn: 23, inRing: 0 };
  return truthOf({ truth, match: undefined }, { requests, unseen, slices: 1 }, breakdown)!;
}

/** Two requests of io_uring, each alone or both in flight at once. Drawn. */
function unseen(isTogether: boolean): readonly string[] {
  const second = isTogether ? 2 : 50;
  const { correlated, breakdown } = followDiagram(
    `
disk host 254:0
lane app  host cpu0 fio-142
lane irq  host cpu1 <idle>-0
request A read 800+8
request B read 1600+8
 µs | app                          | irq
  0 | sys_enter_io_uring_enter 1 0 |
  1 | block_rq_issue A             |
  ${second} | block_rq_issue B     |
  ${second + 1} | sys_exit_io_uring_enter 1 |
${isTogether ? '' : ' 20 | | block_rq_complete A'}
 ${second + 20} | sys_enter_io_uring_enter 0 1 |
${isTogether ? ' 30 | | block_rq_complete A' : ''}
 ${second + 31} | | block_rq_complete B
 ${second + 35} | sys_exit_io_uring_enter 0 |
`,
    { path: 'local-block-device' },
  );
  const truth: GroundTruth = { source: 'fio.json', kind: 'fio', requests: 2, meanNs: 100_000 };
  const { requests } = correlated;
  const counted = countUnseen(correlated, breakdown);
  return truthOf({ truth, match: undefined }, { requests, unseen: counted, slices: 1 }, breakdown)!.unseen;
}

describe('io_uring’s ring', () => {
  it('hides when one of several completions was taken, and not that of a request alone', () => {
    expect(unseen(true)).toEqual([
      '100 % of the completions lay in the ring of io_uring beside others, and when the application took them is not recorded',
    ]);
    expect(unseen(false)).toEqual([]);
  });
});

describe('what fio went through the page cache for', () => {
  it('is not compared where most of it never reached the disk', () => {
    expect(partOf({ direct: false }).otherRequests).toBe(
      'fio went through the page cache (without --direct=1): for its 23 requests 0 reached the disk',
    );
    expect(partOf({ direct: true }).otherRequests).toBeNull();
    expect(partOf({}).otherRequests).toBeNull();
  });
});

describe('what of fio’s mean lies outside the stages', () => {
  it('is told apart into its own code and the way to the traced call, where its engine waits in the call', () => {
    expect(partOf({})).toMatchObject({ closure: 0.96, outsideNs: 4_000, beforeCallNs: 1_000 });
    expect(partOf({ ioengine: 'pvsync2' }).beforeCallNs).toBe(1_000);
  });

  it('is one part for engines whose clat begins behind the submission, and for those fio does not name', () => {
    expect(partOf({ ioengine: 'io_uring' }).beforeCallNs).toBeNull();
    expect(partOf({ ioengine: 'libaio' }).beforeCallNs).toBeNull();
    expect(partOf({ ioengine: undefined }).beforeCallNs).toBeNull();
  });

  it('is one part where fio kept one latency only, or its means are of other requests', () => {
    expect(partOf({ clatMeanNs: Number.NaN }).beforeCallNs).toBeNull();
    expect(partOf({ latMeanNs: Number.NaN }, 99_000).beforeCallNs).toBeNull();
    expect(partOf({ clatMeanNs: 100_001 }).beforeCallNs).toBeNull();
  });
});
