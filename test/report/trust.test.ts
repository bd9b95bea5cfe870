import { describe, expect, it } from 'vitest';
import type { StreamTrust } from '../../src/report/stream-trust.ts';
import { lossesOf, streamReasons } from '../../src/report/trust.ts';

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

describe('what may be missing without anyone saying so', () => {
  it('is what blktrace dropped, in its own files and in blkparse’s text of them', () => {
    const reason = { letter: 'B', text: expect.stringContaining('nothing in what blktrace wrote shows') };
    for (const format of ['blktrace', 'blkparse'])
      expect(streamReasons([stream(format)])).toContainEqual(reason);
    const files = streamReasons([stream('blktrace'), stream('blktrace')]);
    expect(files.filter(({ letter }) => letter === 'B')).toMatchObject([
      { text: expect.stringContaining('missing from a and 1 more: ') },
    ]);
    expect(streamReasons([stream('tracefs text')])).not.toContainEqual(reason);
  });
});
