import type { EventTable } from '../trace/event-table.ts';
import { indexOccurrences, type Occurrences } from '../trace/occurrences.ts';

/** One machine as the correlator sees it: its events in time order, and their times on the application's clock. */
export interface Side {
  readonly table: EventTable;
  readonly occurrences: Occurrences;
  /** Time of each row on the application's clock, integer ns after the application table's epoch. */
  readonly time: Float64Array;
  /** The same for any time of the machine, fractions and infinities included. */
  timeOf(ns: number): number;
  /** vCPU id → tid of its thread, from kvm_entry (host side of a guest recording). */
  readonly vcpuThreads: ReadonlyMap<number, number>;
}

/** The application's own machine: its clock is the time line. */
export function appSide(table: EventTable): Side {
  return {
    table,
    occurrences: indexOccurrences(table),
    time: table.ts,
    timeOf: (ns) => ns,
    vcpuThreads: new Map(),
  };
}

/** Another machine, with its rows' times put on the application's time line by `toApp` (host ns → app ns), into `time`. */
export function otherSide(
  occurrences: Occurrences,
  vcpuThreads: ReadonlyMap<number, number>,
  toApp: (ns: number) => number,
  time: Float64Array,
): Side {
  const { table } = occurrences;
  for (let row = 0; row < table.length; row++) time[row] = Math.round(toApp(table.ts[row]!));
  return { table, occurrences, time, timeOf: toApp, vcpuThreads };
}
