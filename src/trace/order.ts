import { type Columns, columnsOf } from './columns.ts';
import { type EventTable, eventTable } from './event-table.ts';
import { ascendingRuns, mergeRuns, mergeTwo } from './merge-runs.ts';

/** Orders found before: a column is asked about more than once, and never changes once its table is built. */
const known = new WeakMap<Float64Array, Uint32Array | typeof IN_ORDER>();
const IN_ORDER = 'in order';

/** A column of times is in order, as who went through it before found. */
export function knowOrder(ts: Float64Array): void {
  known.set(ts, IN_ORDER);
}

/** Row numbers in time order, equal times in file order; undefined when the rows already are in order. */
export function timeOrder(ts: Float64Array): Uint32Array | undefined {
  const order = known.get(ts) ?? findOrder(ts);
  known.set(ts, order);
  return order === IN_ORDER ? undefined : order;
}

/** Whether no time is earlier than the one before it; not where one is NaN. */
export function isAscending(times: Float64Array): boolean {
  for (let at = 1; at < times.length; at++) if (!(times[at]! >= times[at - 1]!)) return false;
  return true;
}

/** Rows of which some are in order already, and behind them all rows from `from` on, in time order; equal times in that order. */
export function orderBehind(ts: Float64Array, ordered: Uint32Array, from: number): Uint32Array {
  const known = ordered.length;
  const order = new Uint32Array(known + ts.length - from);
  order.set(ordered);
  if (from < ts.length) mergeRuns(ts, ascendingRuns(ts, from), order, known);
  if (known > 0 && known < order.length)
    mergeTwo({ ts, order, spare: new Uint32Array(order.length) }, 0, known, order.length);
  return order;
}

/** A file of a few ordered runs, or of a run for each CPU and round, as perf writes them, costs little more than one pass. */
function findOrder(ts: Float64Array): Uint32Array | typeof IN_ORDER {
  const runs = ascendingRuns(ts);
  if (runs.length <= 2) return IN_ORDER;
  const order = new Uint32Array(ts.length);
  mergeRuns(ts, runs, order, 0);
  return order;
}

/** The same rows in another order. */
export function reorder(table: EventTable, order: Uint32Array): EventTable {
  const columns = columnsOf(order.length);
  pickRows(table, order, columns);
  return eventTable(columns, table);
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
