import { NO_ROW } from '../trace/units.ts';
import type { Side } from './side.ts';

/** A point's rows and times for all requests, and how many have one. */
export interface Found {
  readonly rows: Int32Array;
  readonly time: Float64Array;
  readonly count: number;
}

/** Rows that are known already, with their times. */
export function located(rows: Int32Array, side: Side): Found {
  const time = new Float64Array(rows.length).fill(Number.NaN);
  let count = 0;
  for (let request = 0; request < rows.length; request++) {
    const row = rows[request]!;
    if (row === NO_ROW) continue;
    time[request] = side.timeOfRow(row);
    count++;
  }
  return { rows, time, count };
}
