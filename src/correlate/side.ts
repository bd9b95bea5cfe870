import type { EventTable } from '../trace/event-table.ts';
import type { KindRows, Occurrences } from '../trace/occurrences.ts';

/** One machine as the correlator sees it: its events in time order, and their times on the application's clock. */
export interface Side {
  readonly table: EventTable;
  readonly occurrences: Occurrences;
  /** Times of all rows of one kind on the application's clock, integer ns after the application table's epoch. */
  timesOf(kindName: string): Float64Array;
  /** The same of rows of one kind. */
  timesAt(rows: KindRows): Float64Array;
  /** The same of one row. */
  timeOfRow(row: number): number;
  /** The same for any time of the machine, fractions and infinities included. */
  timeOf(ns: number): number;
  /** vCPU id → tid of its thread, from kvm_entry (host side of a guest recording). */
  readonly vcpuThreads: ReadonlyMap<number, number>;
}

/** The application's own machine: its clock is the time line. */
export function appSide(occurrences: Occurrences): Side {
  const { table } = occurrences;
  return {
    table,
    occurrences,
    timesOf: (kindName) => occurrences.of(kindName).ts,
    timesAt: (rows) => rows.ts,
    timeOfRow: (row) => table.ts[row]!,
    timeOf: (ns) => ns,
    vcpuThreads: new Map(),
  };
}

/**
 * Another machine, with its rows' times put on the application's time line: `offsetAt` is application time − host time at a
 * host time.
 */
export function otherSide(
  occurrences: Occurrences,
  vcpuThreads: ReadonlyMap<number, number>,
  offsetAt: (ns: number) => number,
): Side {
  const known = new Map<KindRows, Float64Array>();
  const { table } = occurrences;
  const timesAt = (rows: KindRows) => {
    const times = known.get(rows) ?? moved(rows.ts, offsetAt);
    known.set(rows, times);
    return times;
  };
  return {
    table,
    occurrences,
    vcpuThreads,
    timesOf: (kindName) => timesAt(occurrences.of(kindName)),
    timesAt,
    timeOfRow: (row) => Math.round(table.ts[row]! + offsetAt(table.ts[row]!)),
    timeOf: (ns) => ns + offsetAt(ns),
  };
}

/** Times with the offset of each. The one loop over so many that what it calls is worth being compiled into it. */
function moved(ts: Float64Array, offsetAt: (ns: number) => number): Float64Array {
  const times = new Float64Array(ts.length);
  for (let at = 0; at < ts.length; at++) times[at] = Math.round(ts[at]! + offsetAt(ts[at]!));
  return times;
}
