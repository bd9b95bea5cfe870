/**
 * What may be wrong with one machine's rows, and where: the places a tracer names, and those the rows themselves give
 * away. Enters: the machine's table in order of time. Leaves: gaps to keep requests away from.
 */
import { brokenPairs, otherHalves } from './broken-pairs.ts';
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
  /** The streams count more events than they hold, wherever those are. */
  readonly isIncomplete: boolean;
  /** Per row, how many rows had to be missing with it to go unnoticed; undefined when nothing is missing. */
  readonly chain: Uint8Array | undefined;
  /** CPUs whose clocks differ, found by the order of the file; differences in ns. */
  readonly skewed: readonly CpuPair[];
}

export const NO_DOUBTS: Doubts = {
  reported: [],
  found: [],
  lossShare: 0,
  isIncomplete: false,
  chain: undefined,
  skewed: [],
};

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
/** No broken pair in n rows: with 95 % certainty no more than 3/n of the rows are missing. */
const RULE_OF_THREE = 3;

/** Looks for what is missing in the tables of all machines of a recording. */
export function findDoubts<Machine>(
  machines: ReadonlyMap<Machine, { readonly table: EventTable; readonly trouble: StreamTrouble }>,
): ReadonlyMap<Machine, Doubts> {
  const pairs = new Map(
    [...machines].map(([machine, each]) => [machine, silentGaps(each.table, each.trouble)]),
  );
  const most = Math.max(0, ...[...pairs.values()].map(({ lossShare }) => lossShare));
  const doubts = new Map<Machine, Doubts>();
  for (const [machine, { table, trouble }] of machines) {
    const { gaps, rows, lossShare } = pairs.get(machine)!;
    // What happened to one stream may have happened to the others, as far as their own rows leave that open.
    const suspected = trouble.skips
      ? 0
      : Math.max(lossShare, Math.min(most, RULE_OF_THREE / Math.max(1, rows)));
    const habits = suspected === 0 ? undefined : findHabits(table, otherHalves(table), suspected);
    doubts.set(machine, {
      reported: trouble.reported,
      found: [...gaps, ...(habits?.broken ?? [])],
      lossShare: suspected,
      isIncomplete: trouble.missingShare > 0,
      chain: habits?.chain,
      skewed: trouble.skewed,
    });
  }
  return doubts;
}

/** Broken pairs that no reported loss explains, and the share of rows that must be missing for so many of them. */
function silentGaps(
  table: EventTable,
  trouble: StreamTrouble,
): { readonly rows: number; readonly gaps: readonly Gap[]; readonly lossShare: number } {
  const { rows, broken } = brokenPairs(table);
  const gaps = broken.filter((gap) => !trouble.reported.some((loss) => overlaps(gap, loss)));
  const seen = gaps.length / Math.max(1, rows + gaps.length);
  const atTheEnds = gaps.length === 0 && rows * trouble.missingShare >= EXPECTED_BROKEN;
  const lossShare = trouble.skips ? 0 : Math.max(seen, atTheEnds ? 0 : trouble.missingShare);
  return { gaps, rows, lossShare };
}

function overlaps(a: Gap, b: Gap): boolean {
  return a.from <= b.to && b.from <= a.to;
}
