/** Rows that may be what a rule looks for, and searches among them. */
import type { KindRows } from '../trace/occurrences.ts';
import type { Side } from './side.ts';

/** Rows of one event in order of time, column by column. */
export interface Candidates {
  readonly rows: Uint32Array;
  /** On the application's clock. */
  readonly time: Float64Array;
  /** Thread or CPU. */
  readonly who: Uint32Array | Uint16Array;
}

/** All of some rows, by thread or by CPU. */
export function candidatesOf(rows: KindRows, side: Side, by: 'tid' | 'cpu'): Candidates {
  return { rows: rows.rows, time: side.timesAt(rows), who: rows[by] };
}

/**
 * Position of the first time that is not before the bound of `request` (their number when there is none), looked for
 * outwards from `near`: a few steps when the search before this one ended close by. Takes the column and not the bound: a
 * fraction that is handed over costs an object.
 */
export function firstNear(times: Float64Array, bounds: Float64Array, request: number, near: number): number {
  const time = bounds[request]!;
  let low = 0;
  let high = times.length;
  if (near < high && times[near]! < time) {
    low = near + 1;
    for (let step = 1; low + step <= high; step *= 2) {
      if (times[low + step - 1]! >= time) {
        high = low + step - 1;
        break;
      }
      low += step;
    }
  } else {
    high = Math.min(near, high);
    for (let step = 1; high - step >= 0; step *= 2) {
      if (times[high - step]! < time) {
        low = high - step + 1;
        break;
      }
      high -= step;
    }
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
