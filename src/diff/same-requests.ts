/**
 * One run seen twice: by two tracers, with another clock relation, or with a change made to its copy. Its requests are compared one by
 * one, as what makes a request long is then the same on both sides, and says nothing of what differs.
 */
import type { RequestTimes } from './request-times.ts';

/** Different runs of the same requests, samples and fixtures, are at 0.42 at most. */
const ONE_RUN = 0.9;

/**
 * Whether both hold the same requests (sector and bytes, in their order), of which the long ones are the same. The same requests alone do
 * not suffice: fio repeats its sectors from run to run, and their times have nothing to do with each other.
 */
export function sameRequests(a: RequestTimes, b: RequestTimes): boolean {
  const equal = (one: Float64Array, other: Float64Array) => one.every((value, at) => value === other[at]);
  return (
    a.total.length === b.total.length &&
    equal(a.sectors, b.sectors) &&
    equal(a.bytes, b.bytes) &&
    rankCorrelation(a.total, b.total) > ONE_RUN
  );
}

/** Spearman's: a few long requests do not decide it. Equal values are ranked in their order. */
function rankCorrelation(a: Int32Array, b: Int32Array): number {
  const n = a.length;
  const [ofA, ofB] = [ranks(a), ranks(b)];
  const squares = ofA.reduce((sum, rank, at) => sum + (rank - ofB[at]!) ** 2, 0);
  return 1 - (6 * squares) / (n * (n * n - 1));
}

function ranks(column: Int32Array): Float64Array {
  const ranked = new Float64Array(column.length);
  Int32Array.from(column.keys())
    .toSorted((one, other) => column[one]! - column[other]! || one - other)
    .forEach((at, rank) => {
      ranked[at] = rank;
    });
  return ranked;
}
