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

/** What is known of each machine's rows, and of the streams they came from. */
export type DoubtedTables<Machine> = ReadonlyMap<
  Machine,
  { readonly table: EventTable; readonly trouble: StreamTrouble }
>;

/** What a search through all rows of a machine finds. */
export type FoundDoubts = Pick<Doubts, 'found' | 'lossShare' | 'chain'>;

/**
 * Doubts about the tables of all machines of a recording. What the streams say is there at once; `search` (as
 * `searchDoubts` does, or who has begun it elsewhere) is asked for the rest when that is looked at first, which is late.
 */
export function findDoubts<Machine>(
  machines: DoubtedTables<Machine>,
  search: () => ReadonlyMap<Machine, FoundDoubts> = () => searchDoubts(machines),
): ReadonlyMap<Machine, Doubts> {
  let result: ReadonlyMap<Machine, FoundDoubts> | undefined;
  const foundOf = (machine: Machine) => {
    result ??= search();
    return result.get(machine)!;
  };
  return new Map(
    [...machines].map(([machine, { trouble }]) => [
      machine,
      {
        reported: trouble.reported,
        isIncomplete: trouble.missingShare > 0,
        skewed: trouble.skewed,
        get found() {
          return foundOf(machine).found;
        },
        get lossShare() {
          return foundOf(machine).lossShare;
        },
        get chain() {
          return foundOf(machine).chain;
        },
      },
    ]),
  );
}

/** Looks through all rows of all machines for what is missing. */
export function searchDoubts<Machine>(machines: DoubtedTables<Machine>): Map<Machine, FoundDoubts> {
  const pairs = new Map(
    [...machines].map(([machine, each]) => [machine, silentGaps(each.table, each.trouble)]),
  );
  const most = Math.max(0, ...[...pairs.values()].map(({ lossShare }) => lossShare));
  const doubts = new Map<Machine, FoundDoubts>();
  for (const [machine, { table, trouble }] of machines) {
    const { gaps, rows, lossShare } = pairs.get(machine)!;
    // What happened to one stream may have happened to the others, as far as their own rows leave that open.
    const suspected = trouble.skips
      ? 0
      : Math.max(lossShare, Math.min(most, RULE_OF_THREE / Math.max(1, rows)));
    const habits = suspected === 0 ? undefined : findHabits(table, otherHalves(table), suspected);
    const found = habits === undefined ? gaps : [...gaps, ...habits.broken];
    doubts.set(machine, { found, lossShare: suspected, chain: habits?.chain });
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
