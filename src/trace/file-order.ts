import type { EventTable } from './event-table.ts';
import { timeOrder } from './order.ts';

/** Two CPUs whose clocks differ, by at least so much; the unit is that of the table. */
export interface CpuPair {
  readonly cpus: readonly [number, number];
  readonly atLeast: number;
}

export interface FileOrder {
  /** Rows that stand behind one that is later. */
  readonly stepsBack: number;
  /** Pairs of CPUs whose rows are in order each for itself and not together; empty unless that explains all steps. */
  readonly skewed: readonly CpuPair[];
  /** The one place where all CPUs go back together; undefined unless that explains all steps. */
  readonly setBack: SetBack | undefined;
}

/** Where a machine's clock was set back: the last row before and the first after. It showed the times between theirs twice. */
export interface SetBack {
  readonly before: number;
  readonly after: number;
}

/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;

/**
 * How far the order of a file is the order of its times. A tracer that merges its CPUs by time writes them in order, so
 * steps back mean that the file was changed, or that a CPU's times were: the latter keeps each CPU in order. A clock of all
 * CPUs that is set back leaves two stretches, each in order. `repeats` marks rows that repeat another.
 */
export function fileOrder(events: EventTable, repeats: Uint8Array | undefined): FileOrder {
  const { ts: times, cpu: cpus } = events;
  if (timeOrder(times) === undefined) return { stepsBack: 0, skewed: [], setBack: undefined };
  /** Latest time of each CPU, and the CPUs there are. */
  const latest = new Float64Array(MOST_CPUS).fill(Number.NEGATIVE_INFINITY);
  const met: number[] = [];
  const pairs = new Map<string, CpuPair>();
  let newest = Number.NEGATIVE_INFINITY;
  let stepsBack = 0;
  let eachInOrder = true;
  for (let row = 0; row < events.length; row++) {
    const ts = times[row]!;
    const cpu = cpus[row]!;
    const own = latest[cpu]!;
    if (ts < own) eachInOrder = false;
    if (ts < newest) {
      stepsBack++;
      if (eachInOrder) notePairs(latest, met, cpu, ts, pairs);
    } else newest = ts;
    if (own === Number.NEGATIVE_INFINITY) met.push(cpu);
    if (ts > own) latest[cpu] = ts;
  }
  return eachInOrder
    ? { stepsBack, skewed: [...pairs.values()], setBack: undefined }
    : { stepsBack, skewed: [], setBack: setBack(times, repeats) };
}

/** Fewer rows of times that were shown twice are lines that changed places. */
const LEAST_TWICE = 3;

/** The only step back there is among rows that repeat no other, with enough of them around it. */
function setBack(times: Float64Array, repeats: Uint8Array | undefined): SetBack | undefined {
  let found: SetBack | undefined;
  let before: number | undefined;
  for (let row = 0; row < times.length; row++) {
    if (repeats?.[row] === 1) continue;
    if (before !== undefined && times[row]! < times[before]!) {
      if (found !== undefined) return undefined;
      found = { before, after: row };
    }
    before = row;
  }
  if (found === undefined) return undefined;
  const [from, to] = [times[found.after]!, times[found.before]!];
  // A second stretch that ends before the first begins is one that was put behind it: two files in the wrong order.
  if (times[before!]! < times[0]!) return undefined;
  const isTwice = (row: number) => repeats?.[row] !== 1 && times[row]! >= from && times[row]! <= to;
  let twice = 0;
  for (let row = 0; row < times.length; row++) if (isTwice(row)) twice++;
  return twice >= LEAST_TWICE ? found : undefined;
}

/** Notes every CPU that already has a later row than this one. */
function notePairs(
  latest: Float64Array,
  met: readonly number[],
  cpu: number,
  ts: number,
  pairs: Map<string, CpuPair>,
): void {
  for (const other of met) {
    const time = latest[other]!;
    if (time <= ts) continue;
    const cpus: [number, number] = cpu < other ? [cpu, other] : [other, cpu];
    const known = pairs.get(cpus.join());
    if (known === undefined || known.atLeast < time - ts)
      pairs.set(cpus.join(), { cpus, atLeast: time - ts });
  }
}

/** Each pair once, with the largest difference anyone found. */
export function widestPairs(found: readonly CpuPair[]): CpuPair[] {
  const pairs = new Map<string, CpuPair>();
  for (const pair of found)
    if ((pairs.get(pair.cpus.join())?.atLeast ?? Number.NEGATIVE_INFINITY) < pair.atLeast)
      pairs.set(pair.cpus.join(), pair);
  return [...pairs.values()];
}
