import { columnsOf } from './columns.ts';
import type { EventTable } from './event-table.ts';

/** Orders found before: a column is asked about more than once, and never changes once its table is built. */
const known = new WeakMap<Float64Array, Uint32Array | typeof IN_ORDER>();
const IN_ORDER = 'in order';

/** Row numbers in time order, equal times in file order; undefined when the rows already are in order. */
export function timeOrder(ts: Float64Array): Uint32Array | undefined {
  const order = known.get(ts) ?? findOrder(ts);
  known.set(ts, order);
  return order === IN_ORDER ? undefined : order;
}

/**
 * Natural merge sort: a file of a few ordered runs costs a few passes. One of many, as perf writes (a run for each CPU
 * and round), is merged depth first: neighbouring runs overlap, rounds follow each other and are left where they are.
 */
function findOrder(ts: Float64Array): Uint32Array | typeof IN_ORDER {
  const runs = ascendingRuns(ts);
  if (runs.length <= 2) return IN_ORDER;
  const order = new Uint32Array(ts.length);
  for (let row = 0; row < order.length; row++) order[row] = row;
  mergeRuns({ ts, order, spare: new Uint32Array(ts.length) }, runs, 0, runs.length - 1);
  return order;
}

/** Start of each ascending run, and the length at the end. */
function ascendingRuns(ts: Float64Array): number[] {
  const bounds = [0];
  for (let row = 1; row < ts.length; row++) if (ts[row]! < ts[row - 1]!) bounds.push(row);
  bounds.push(ts.length);
  return bounds;
}

interface Sorting {
  readonly ts: Float64Array;
  readonly order: Uint32Array;
  readonly spare: Uint32Array;
}

/** Merges the runs numbered [first, behind) into one. */
function mergeRuns(sorting: Sorting, bounds: readonly number[], first: number, behind: number): void {
  if (behind - first < 2) return;
  const middle = (first + behind) >>> 1;
  mergeRuns(sorting, bounds, first, middle);
  mergeRuns(sorting, bounds, middle, behind);
  merge(sorting, bounds[first]!, bounds[middle]!, bounds[behind]!);
}

/** Merges the ordered rows at [start, middle) and [middle, end). */
function merge({ ts, order, spare }: Sorting, start: number, middle: number, end: number): void {
  const earliest = ts[order[middle]!]!;
  // Rows at the left that are not later than any at the right stay.
  let at = middle;
  for (let step = 1; at > start && ts[order[at - 1]!]! > earliest; step *= 2) at = Math.max(start, at - step);
  while (at < middle && ts[order[at]!]! <= earliest) at++;
  if (at === middle) return;
  spare.set(order.subarray(at, middle), at);
  let left = at;
  let right = middle;
  while (left < middle && right < end)
    order[at++] = ts[spare[left]!]! <= ts[order[right]!]! ? spare[left++]! : order[right++]!;
  while (left < middle) order[at++] = spare[left++]!;
}

/** The same rows in another order. */
export function reorder(table: EventTable, order: Uint32Array): EventTable {
  const columns = columnsOf(order.length);
  const { ts, kind, cpu, tid, dev, tag, aux } = columns;
  // One loop for columns of four types; with a fifth V8 would no longer compile an access for each.
  const pick = <T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(column: T, out: T): void => {
    for (let row = 0; row < order.length; row++) out[row] = column[order[row]!]!;
  };
  pick(table.ts, ts);
  pick(table.kind, kind);
  pick(table.cpu, cpu);
  pick(table.tid, tid);
  pick(table.dev, dev);
  pick(table.tag, tag);
  pick(unsigned(table.aux), unsigned(aux));
  return { ...table, ...columns, length: order.length };
}

/** The same memory as unsigned numbers. */
function unsigned({ buffer, byteOffset, length }: Int32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** The table without the rows that are marked, in the same order. */
export function withoutRows(table: EventTable, marked: Uint8Array | undefined): EventTable {
  if (marked === undefined) return table;
  return reorder(
    table,
    Uint32Array.from(marked.keys()).filter((row) => marked[row] === 0),
  );
}

/** The table in time order. */
export function sortedByTime(table: EventTable): EventTable {
  const order = timeOrder(table.ts);
  return order === undefined ? table : reorder(table, order);
}
