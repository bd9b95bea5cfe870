import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import type { EventTable } from './event-table.ts';

/** Rows of a time-ordered table by kind, so that "the next eventfd_read after t" is a search and not a scan. */
export interface Occurrences {
  readonly table: EventTable;
  /** Rows of a kind, ascending in time; empty when the kind never occurred. */
  rows(kindName: string): Uint32Array;
  /** How often a kind occurred. */
  count(kindName: string): number;
}

/** Indexes a time-ordered table: one counting sort, 4 bytes a row. */
export function indexOccurrences(table: EventTable): Occurrences {
  const starts = new Uint32Array(EVENT_KINDS.length + 1);
  for (let row = 0; row < table.length; row++) starts[table.kind[row]! + 1]!++;
  for (let kind = 0; kind < EVENT_KINDS.length; kind++) starts[kind + 1]! += starts[kind]!;
  const rows = new Uint32Array(table.length);
  const fill = starts.slice(0, EVENT_KINDS.length);
  for (let row = 0; row < table.length; row++) rows[fill[table.kind[row]!]!++] = row;
  const of = (name: string): Uint32Array => {
    const id = kindId(name);
    return rows.subarray(starts[id]!, starts[id + 1]!);
  };
  return { table, rows: of, count: (name) => of(name).length };
}

/** Position in `rows` of the first row whose time is >= `time` (rows.length when there is none). */
export function firstAtOrAfter(ts: Float64Array, rows: Uint32Array, time: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ts[rows[middle]!]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same position, looked for outwards from `near`: a few steps when the time before this one led to a row close by. */
export function firstNear(ts: Float64Array, rows: Uint32Array, time: number, near: number): number {
  let low = 0;
  let high = rows.length;
  if (near < high && ts[rows[near]!]! < time) {
    low = near + 1;
    for (let step = 1; low + step <= high; step *= 2) {
      if (ts[rows[low + step - 1]!]! >= time) {
        high = low + step - 1;
        break;
      }
      low += step;
    }
  } else {
    high = Math.min(near, high);
    for (let step = 1; high - step >= 0; step *= 2) {
      if (ts[rows[high - step]!]! < time) {
        low = high - step + 1;
        break;
      }
      high -= step;
    }
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ts[rows[middle]!]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
