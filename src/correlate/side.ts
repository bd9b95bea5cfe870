import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';

/** One machine as the correlator sees it: its events in time order, and their times on the application's clock. */
export interface Side {
  readonly table: EventTable;
  readonly occurrences: Occurrences;
  /** Time of each row on the application's clock, integer ns after the application table's epoch. */
  readonly time: Float64Array;
  /** The same of all rows of one kind, in their order, and of one row. */
  timesOf(kindName: string): Float64Array;
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
    time: table.ts,
    timesOf: (kindName) => occurrences.of(kindName).ts,
    timeOfRow: (row) => table.ts[row]!,
    timeOf: (ns) => ns,
    vcpuThreads: new Map(),
  };
}

/** Another machine, with its rows' times put on the application's time line by `toApp` (host ns → app ns). */
export function otherSide(
  occurrences: Occurrences,
  vcpuThreads: ReadonlyMap<number, number>,
  toApp: (ns: number) => number,
): Side {
  return new OtherSide(occurrences, vcpuThreads, toApp);
}

class OtherSide implements Side {
  readonly table: EventTable;
  readonly occurrences: Occurrences;
  readonly vcpuThreads: ReadonlyMap<number, number>;
  readonly timeOf: (ns: number) => number;
  readonly #byKind = new Map<string, Float64Array>();
  #time: Float64Array | undefined;

  constructor(
    occurrences: Occurrences,
    vcpuThreads: ReadonlyMap<number, number>,
    toApp: (ns: number) => number,
  ) {
    this.table = occurrences.table;
    this.occurrences = occurrences;
    this.vcpuThreads = vcpuThreads;
    this.timeOf = toApp;
  }

  /** Of all rows only when somebody asks: 8 bytes a row. */
  get time(): Float64Array {
    this.#time ??= this.#times(this.table.ts);
    return this.#time;
  }

  timesOf(kindName: string): Float64Array {
    const known = this.#byKind.get(kindName);
    if (known !== undefined) return known;
    const times = this.#times(this.occurrences.of(kindName).ts);
    this.#byKind.set(kindName, times);
    return times;
  }

  timeOfRow(row: number): number {
    return Math.round(this.timeOf(this.table.ts[row]!));
  }

  #times(ts: Float64Array): Float64Array {
    const times = new Float64Array(ts.length);
    for (let at = 0; at < ts.length; at++) times[at] = Math.round(this.timeOf(ts[at]!));
    return times;
  }
}
