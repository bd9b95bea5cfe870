import { describe, expect, it } from 'vitest';
import { DIRECTION } from '../../parsers/event-kinds.ts';
import { askedForBy, notAskedFor } from '../../src/correlate/asked-for.ts';
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

/** Ten reads of 4 KiB, and these. */
function requests(...others: readonly (readonly [bytes: number, direction: number])[]) {
  const all = [...Array.from({ length: 10 }, () => [4096, read] as const), ...others];
  return [Float64Array.from(all, ([bytes]) => bytes), Uint8Array.from(all, ([, way]) => way)] as const;
}

describe('what fio cannot have asked for', () => {
  it('is of another size or direction, as its program’s own reads are', () => {
    const isForeign = notAskedFor(...requests([131_072, read], [4096, write]), askedForBy(fio({})));
    expect(Array.from({ length: 12 }, (_, index) => isForeign(index))).toEqual([
      ...Array.from({ length: 10 }, () => false),
      true,
      true,
    ]);
  });

  it('is nothing where its requests are split on their way', () => {
    const isForeign = notAskedFor(...requests([512, read]), askedForBy(fio({ blockSize: '1m' })));
    expect(isForeign(10)).toBe(false);
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
