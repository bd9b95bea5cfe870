import { describe, expect, it } from 'vitest';
import type { StreamTrust } from '../../src/report/stream-trust.ts';
import { lossesOf } from '../../src/report/trust.ts';

/** A stream of which a tracer counted more than it delivered. */
function stream(format: string): StreamTrust {
  return {
    source: { name: 'a', format, overwritten: 1234, losses: [], rejects: [] },
    integrity: { missing: 0, duplicates: 0, outOfOrder: 0 },
  } as unknown as StreamTrust;
}

describe('what a tracer lost', () => {
  it('is what its buffer had no room for', () => {
    expect(lossesOf([stream('tracefs text')])).toMatchObject([
      { kind: 'overwritten', count: 1234, text: expect.stringMatching(/^1,234 events were overwritten/) },
    ]);
  });

  it('is of bpftrace, which has none, what nested in another program', () => {
    expect(lossesOf([stream('bpftrace JSON')])).toMatchObject([
      { kind: 'missed', count: 1234, text: expect.stringContaining('another BPF program ran on their CPU') },
    ]);
  });
});
