import { describe, expect, it } from 'vitest';
import { DIRECTION } from '../../parsers/event-kinds.ts';
import type { Correlated } from '../../src/correlate/correlate.ts';
import { workloadOf } from '../../src/report/request-part.ts';
import type { Breakdown } from '../../src/stats/breakdown.ts';

/** Reads of 4 KiB, but for those named: index to bytes and direction. */
function loadOf(length: number, strays: Readonly<Record<number, readonly [number, number]>> = {}) {
  const bytes = new Uint32Array(length).fill(4096);
  const direction = new Uint8Array(length).fill(DIRECTION.read);
  for (const [at, [size, way]] of Object.entries(strays)) {
    bytes[Number(at)] = size;
    direction[Number(at)] = way;
  }
  const columns = { start: new Float64Array(length), total: new Int32Array(length), bytes, direction };
  const requests = { length, status: new Uint8Array(length), ...columns };
  const matched = Int32Array.from({ length }, (_, index) => index);
  return workloadOf(
    { requests, inFlight: { mean: 1, most: 1 } } as unknown as Correlated,
    { matched } as unknown as Breakdown,
  );
}

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
