/**
 * What may be wrong with one machine's rows, and where: the places a tracer names, and those the rows themselves give
 * away. Enters: the machine's table in order of time. Leaves: gaps to keep requests away from.
 */
import { brokenPairs } from './broken-pairs.ts';
import type { EventTable } from './event-table.ts';
import type { CpuPair } from './file-order.ts';
import type { Gap } from './gaps.ts';
import { findHabits } from './habits.ts';

export interface Doubts {
  /** Gaps that a tracer reported. */
  readonly reported: readonly Gap[];
  /** Gaps that no tracer reported, found by rows that cannot be without another. */
  readonly found: readonly Gap[];
  /** Share of the rows that are missing without anyone saying where; 0 in a complete recording. */
  readonly lossShare: number;
  /** Per row, how many rows had to be missing with it to go unnoticed; undefined when nothing is missing. */
  readonly chain: Uint8Array | undefined;
  /** CPUs whose clocks differ, found by the order of the file; differences in ns. */
  readonly skewed: readonly CpuPair[];
}

export const NO_DOUBTS: Doubts = { reported: [], found: [], lossShare: 0, chain: undefined, skewed: [] };

/** What is known of a machine's streams beside their rows. */
export interface StreamTrouble {
  readonly reported: readonly Gap[];
  readonly skewed: readonly CpuPair[];
  /** Share of the events that the streams say they hold and do not. */
  readonly missingShare: number;
  /** The tracer is one that skips events without noticing (bpftrace): what is missing is no damage of the file. */
  readonly skips: boolean;
}

/** With so many broken pairs to be expected and none found, what is missing lies before or behind the recording. */
const EXPECTED_BROKEN = 5;

/** Looks for what is missing in a machine's table. */
export function findDoubts(table: EventTable, trouble: StreamTrouble): Doubts {
  const { rows, broken } = brokenPairs(table);
  const silent = broken.filter((gap) => !trouble.reported.some((loss) => overlaps(gap, loss)));
  const seenShare = silent.length / Math.max(1, rows + silent.length);
  const atTheEnds = silent.length === 0 && rows * trouble.missingShare >= EXPECTED_BROKEN;
  const lossShare = trouble.skips ? 0 : Math.max(seenShare, atTheEnds ? 0 : trouble.missingShare);
  const habits = lossShare === 0 ? undefined : findHabits(table, lossShare);
  return {
    reported: trouble.reported,
    found: [...silent, ...(habits?.broken ?? [])],
    lossShare,
    chain: habits?.chain,
    skewed: trouble.skewed,
  };
}

function overlaps(a: Gap, b: Gap): boolean {
  return a.from <= b.to && b.from <= a.to;
}
