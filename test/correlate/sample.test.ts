import { expect, it } from 'vitest';
import { SAMPLING, sampleOf } from '../../src/correlate/sample.ts';
import { placesOf } from '../../src/trace/places.ts';

type Base = Parameters<typeof sampleOf>[0];

/** Columns of `length` requests whose rows are their numbers; every third one shares the device. */
function requests(length: number): Base {
  const rows = Int32Array.from({ length }, (_, request) => request);
  const alone = Uint8Array.from({ length }, (_, request) => (request % 3 === 0 ? 0 : 1));
  const anchors = { submit: rows, queue: rows, getrq: rows, insert: rows, issue: rows, complete: rows };
  const columns = { ...anchors, return: rows, reject: new Uint8Array(length) };
  return {
    requests: { ...columns, length, device: 1, strays: new Int32Array() },
    hostIssue: rows,
    hostComplete: rows,
    servedBy: Float64Array.from(rows),
    stretch: length,
    alone,
    shared: placesOf(alone, 0),
  } as unknown as Base;
}

it('takes stretches from the first request to the last, every column alike', () => {
  const all = requests(100_000);
  const some = sampleOf(all, SAMPLING.ofUnknown);
  const { issue, length } = some.requests;
  expect(length).toBeLessThan(40_000);
  expect([issue[0], issue[length - 1]]).toEqual([0, 99_999]);
  for (let first = 0; first < length; first += some.stretch)
    for (let at = first; at < first + some.stretch; at++) {
      const request = issue[first]! + at - first;
      expect([issue[at], some.hostIssue[at], some.servedBy[at]]).toEqual([request, request, request]);
      expect(some.alone[at]).toBe(all.alone[request]);
    }
  expect([...some.shared]).toEqual([...issue.keys()].filter((at) => issue[at]! % 3 === 0));
});

it('leaves few requests as they are', () => {
  const few = requests(1000);
  expect(sampleOf(few, SAMPLING.ofUnknown)).toBe(few);
});
