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
  return new AppSide(occurrences);
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
  return new OtherSide(occurrences, vcpuThreads, offsetAt);
}

// Classes, for V8 throws code away that has a function of an object compiled in when that object goes; a slice has its own.

class AppSide implements Side {
  readonly table: EventTable;
  readonly occurrences: Occurrences;
  readonly vcpuThreads: ReadonlyMap<number, number> = new Map();

  constructor(occurrences: Occurrences) {
    this.table = occurrences.table;
    this.occurrences = occurrences;
  }

  timesOf(kindName: string): Float64Array {
    return this.occurrences.of(kindName).ts;
  }

  timesAt(rows: KindRows): Float64Array {
    return rows.ts;
  }

  timeOfRow(row: number): number {
    return this.table.ts[row]!;
  }

  timeOf(ns: number): number {
    return ns;
  }
}

class OtherSide implements Side {
  readonly table: EventTable;
  readonly occurrences: Occurrences;
  readonly vcpuThreads: ReadonlyMap<number, number>;
  readonly #offsetAt: (ns: number) => number;
  readonly #known = new Map<KindRows, Float64Array>();

  constructor(
    occurrences: Occurrences,
    vcpuThreads: ReadonlyMap<number, number>,
    offsetAt: (ns: number) => number,
  ) {
    this.table = occurrences.table;
    this.occurrences = occurrences;
    this.vcpuThreads = vcpuThreads;
    this.#offsetAt = offsetAt;
  }

  timesOf(kindName: string): Float64Array {
    return this.timesAt(this.occurrences.of(kindName));
  }

  timesAt(rows: KindRows): Float64Array {
    const times = this.#known.get(rows) ?? moved(rows.ts, this.#offsetAt);
    this.#known.set(rows, times);
    return times;
  }

  timeOfRow(row: number): number {
    const ns = this.table.ts[row]!;
    return Math.round(ns + this.#offsetAt(ns));
  }

  timeOf(ns: number): number {
    return ns + this.#offsetAt(ns);
  }
}

/** Times with the offset of each. The one loop over so many that what it calls is worth being compiled into it. */
function moved(ts: Float64Array, offsetAt: (ns: number) => number): Float64Array {
  const times = new Float64Array(ts.length);
  for (let at = 0; at < ts.length; at++) times[at] = Math.round(ts[at]! + offsetAt(ts[at]!));
  return times;
}
