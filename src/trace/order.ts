import { type Columns, columnsOf } from './columns.ts';
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

/** Rows of which some are in order already, and behind them all rows from `from` on, in time order; equal times in that order. */
export function orderBehind(ts: Float64Array, ordered: Uint32Array, from: number): Uint32Array {
  const known = ordered.length;
  const order = new Uint32Array(known + ts.length - from);
  order.set(ordered);
  const bounds = [known];
  for (let row = from; row < ts.length; row++) {
    order[known + row - from] = row;
    if (row > from && ts[row]! < ts[row - 1]!) bounds.push(known + row - from);
  }
  bounds.push(order.length);
  const sorting = { ts, order, spare: new Uint32Array(order.length) };
  mergeRuns(sorting, bounds, 0, bounds.length - 1);
  if (known > 0 && known < order.length) merge(sorting, 0, known, order.length);
  return order;
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
  pickRows(table, order, columns);
  return { ...table, ...columns, length: order.length };
}

/** Fills columns from row `start` on with rows of others, in the order given; the two share no memory. */
export function pickRows(from: Columns, order: Uint32Array, to: Columns, start = 0): void {
  const { ts, kind, cpu, tid, dev, tag, aux } = from;
  const { ts: toTs, kind: toKind, cpu: toCpu, tid: toTid, dev: toDev, tag: toTag, aux: toAux } = to;
  // One loop, not one a column: V8 then compiles each access for the one type that it meets.
  for (let at = 0; at < order.length; at++) {
    const row = order[at]!;
    toTs[start + at] = ts[row]!;
    toKind[start + at] = kind[row]!;
    toCpu[start + at] = cpu[row]!;
    toTid[start + at] = tid[row]!;
    toDev[start + at] = dev[row]!;
    toTag[start + at] = tag[row]!;
    toAux[start + at] = aux[row]!;
  }
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
