import { describe, expect, it } from 'vitest';
import type { Correlated } from '../../src/correlate/correlate.ts';
import { truthOf } from '../../src/report/truth-part.ts';
import type { Breakdown } from '../../src/stats/breakdown.ts';
import type { FioFacts, GroundTruth } from '../../src/trace/recording.ts';

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
  const correlated = { requests: { length: 0 } } as Correlated;
  const breakdown = { total: { meanNs: 96_000 }, matched: new Int32Array(23) } as unknown as Breakdown;
  return truthOf({ truth, match: undefined }, correlated, breakdown)!;
}

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
