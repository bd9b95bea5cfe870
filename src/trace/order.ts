import type { EventTable } from './event-table.ts';

/**
 * Row numbers in time order, equal times in file order; undefined when the rows already are in order.
 * Natural merge sort: a file of a few ordered runs (one per CPU, or two files joined) costs a few passes.
 */
export function timeOrder(ts: Float64Array): Uint32Array | undefined {
  const runs = ascendingRuns(ts);
  if (runs.length <= 2) return undefined;
  let from = Uint32Array.from(ts, (_, row) => row);
  let to = new Uint32Array(ts.length);
  let bounds = runs;
  while (bounds.length > 2) {
    const next = [0];
    for (let run = 0; run + 1 < bounds.length; run += 2) {
      const end = bounds[run + 2] ?? bounds[run + 1]!;
      mergeRuns(ts, from, to, bounds[run]!, bounds[run + 1]!, end);
      next.push(end);
    }
    [from, to] = [to, from];
    bounds = next;
  }
  return from;
}

/** Start of each ascending run, and the length at the end. */
function ascendingRuns(ts: Float64Array): number[] {
  const bounds = [0];
  for (let row = 1; row < ts.length; row++) if (ts[row]! < ts[row - 1]!) bounds.push(row);
  bounds.push(ts.length);
  return bounds;
}

function mergeRuns(
  ts: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  middle: number,
  end: number,
): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takeLeft = left < middle && (right >= end || ts[from[left]!]! <= ts[from[right]!]!);
    to[at] = takeLeft ? from[left++]! : from[right++]!;
  }
}

/** The same rows in another order. */
export function reorder(table: EventTable, order: Uint32Array): EventTable {
  const pick = <T extends Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array>(
    column: T,
    out: T,
  ): T => {
    for (let row = 0; row < order.length; row++) out[row] = column[order[row]!]!;
    return out;
  };
  const n = order.length;
  return {
    ...table,
    length: n,
    ts: pick(table.ts, new Float64Array(n)),
    kind: pick(table.kind, new Uint8Array(n)),
    cpu: pick(table.cpu, new Uint16Array(n)),
    tid: pick(table.tid, new Uint32Array(n)),
    dev: pick(table.dev, new Uint32Array(n)),
    tag: pick(table.tag, new Float64Array(n)),
    aux: pick(table.aux, new Int32Array(n)),
  };
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
