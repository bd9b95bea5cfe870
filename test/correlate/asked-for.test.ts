import { describe, expect, it } from 'vitest';
import { DIRECTION } from '../../parsers/event-kinds.ts';
import { askedForBy, NOBODY, notAskedFor } from '../../src/correlate/asked-for.ts';
import type { FioFacts, GroundTruth } from '../../src/trace/recording.ts';

const { read, write } = DIRECTION;

function fio(more: Partial<FioFacts>): GroundTruth {
  const facts = {
    version: 'fio-3.33',
    jobs: ['a'],
    direction: 'read',
    iodepth: 1,
    ioengine: 'psync',
  } as const;
  return {
    source: 'fio.json',
    kind: 'fio',
    requests: 10,
    meanNs: 100,
    fio: { ...facts, blockSize: '4k', iops: 1, clatMeanNs: 1, latMeanNs: 1, ...more },
  };
}

const FIO = 142;

/** Ten reads of 4 KiB by calls of fio's, and these by another task's, or by none. */
function requests(...others: readonly (readonly [bytes: number, direction: number, task?: number])[]) {
  const all = [...Array.from({ length: 10 }, () => [4096, read, FIO] as const), ...others];
  return [
    Float64Array.from(all, ([bytes]) => bytes),
    Uint8Array.from(all, ([, way]) => way),
    Float64Array.from(all, ([, , task = NOBODY]) => task),
  ] as const;
}

describe('what fio cannot have asked for', () => {
  it('is of another size or direction, as its program’s own reads are', () => {
    const foreign = notAskedFor(...requests([131_072, read], [4096, write]), askedForBy(fio({})));
    expect(Array.from({ length: 12 }, (_, index) => foreign(index))).toEqual([
      ...Array.from({ length: 10 }, () => undefined),
      'of another size or direction than fio’s own',
      'of another size or direction than fio’s own',
    ]);
  });

  it('is what no call handed over, where all of fio’s own are there', () => {
    const made = (count: number) =>
      notAskedFor(...requests([4096, read]), askedForBy({ ...fio({}), requests: count }));
    expect([0, 10].map(made(10))).toEqual([undefined, 'handed over by no call, where all of fio’s own were']);
    // Of one that is missing the call may have been lost.
    expect(made(11)(10)).toBeUndefined();
  });

  it('is what a task asked for that has no more requests than there are too many', () => {
    const [early, late] = [7, 8];
    const reads = (made: number) =>
      notAskedFor(
        ...requests([4096, read, early], [4096, read, late], [4096, read, late]),
        askedForBy({ ...fio({}), requests: made }),
      );
    const other = 'of another task: without its own there are just as many as fio made';
    expect([0, 10, 11, 12].map(reads(10))).toEqual([undefined, other, other, other]);
    expect([0, 10, 11, 12].map(reads(12))).toEqual([undefined, other, undefined, undefined]);
    expect([0, 10, 11, 12].map(reads(13))).toEqual(Array(4).fill(undefined));
  });

  it('is not told by number where that does not come out even: fio’s may be missing, and another’s there', () => {
    const another = 7;
    // Ten of fio's eleven, three of another's, and one without a call: that of fio's may have been lost.
    const reads = notAskedFor(
      ...requests([4096, read, another], [4096, read, another], [4096, read, another], [4096, read]),
      askedForBy({ ...fio({}), requests: 11 }),
    );
    expect([0, 10, 12, 13].map(reads)).toEqual(Array(4).fill(undefined));
  });

  it('is nothing where its requests are split on their way', () => {
    const foreign = notAskedFor(...requests([512, read]), askedForBy(fio({ blockSize: '1m' })));
    expect(foreign(10)).toBeUndefined();
  });

  it.each([
    ['4k', 4096],
    ['512', 512],
    ['1MiB', 2 ** 20],
    ['4k,4k,4k', 4096],
    ['4k,8k', undefined],
    ['4k-16k', undefined],
    [undefined, undefined],
  ])('knows a block size of %s', (blockSize, bytes) => {
    expect(askedForBy(fio({ blockSize }))?.bytes).toBe(bytes);
  });

  it('is not told of reads and writes together', () => {
    expect(askedForBy(fio({ direction: 'mixed' }))).toBeUndefined();
  });
});
