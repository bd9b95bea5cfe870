/**
 * What a CPU whose clock is off leaves of a recording. Enters: a machine's rows in order of time, and pairs of CPUs that the
 * order of its files and its messages show to differ. Leaves: the CPUs that explain all pairs, and the stretches of time in which
 * one of them took part; what was stamped there is right nowhere, so it is treated as lost. Of the others how far their
 * clocks may differ all the same.
 */
import type { EventTable } from '../trace/event-table.ts';
import { type CpuPair, widestPairs } from '../trace/file-order.ts';
import type { Gap } from '../trace/gaps.ts';
import { indexOccurrences, type Occurrences } from '../trace/occurrences.ts';
import { withoutRows } from '../trace/order.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import type { ClocksByMessages } from './clocks-by-messages.ts';
import { type CpuBounds, NOTHING_PROVEN } from './cpu-bounds.ts';

export interface Misclocked {
  /** Pairs of CPUs whose clocks differ, differences in ns; empty in a sound recording. */
  readonly pairs: readonly CpuPair[];
  /** The fewest CPUs that explain all pairs; of a pair nothing else tells apart both. */
  readonly cpus: ReadonlySet<number>;
  /** Around their rows, as far as the clocks may differ. */
  readonly gaps: readonly Gap[];
  /** How far the clocks of the others can differ unnoticed. */
  readonly bounds: CpuBounds;
}

/** No other machine, or none of which anything is known. */
export const NO_MACHINE: Misclocked = { pairs: [], cpus: new Set(), gaps: [], bounds: NOTHING_PROVEN };

/** A difference is known from below only: its largest contradiction. It is taken to be at most this many times as large. */
const MOST_OF_LEAST = 2;

/** Judges one machine. `byOrder`: what the order of its files shows; `byMessages`: what its messages do. */
export function findMisclocked(
  machine: Occurrences,
  byOrder: readonly CpuPair[],
  byMessages: ClocksByMessages,
): Misclocked {
  const { bounds } = byMessages;
  const pairs = widestPairs([...byOrder, ...byMessages.pairs]);
  if (pairs.length === 0) return { ...NO_MACHINE, bounds };
  const cpus = suspects(pairs);
  const reach = MOST_OF_LEAST * Math.max(...pairs.map(({ atLeast }) => atLeast));
  return { pairs, cpus, gaps: stretches(machine, cpus, reach), bounds };
}

/** The CPU in most pairs explains them; and so on until none is left. CPUs in equally many are suspected together. */
function suspects(pairs: readonly CpuPair[]): ReadonlySet<number> {
  const cpus = new Set<number>();
  for (
    let left = pairs;
    left.length > 0;
    left = left.filter((pair) => !pair.cpus.some((cpu) => cpus.has(cpu)))
  ) {
    const counts = new Map<number, number>();
    for (const cpu of left.flatMap((pair) => pair.cpus)) counts.set(cpu, (counts.get(cpu) ?? 0) + 1);
    const most = Math.max(...counts.values());
    for (const [cpu, count] of counts) if (count === most) cpus.add(cpu);
  }
  return cpus;
}

/** Time within `reach` of a row of one of the CPUs, as few gaps as possible. */
function stretches({ table }: Occurrences, cpus: ReadonlySet<number>, reach: number): Gap[] {
  const gaps: { from: number; to: number; tid: undefined; cpu: undefined; missing: string }[] = [];
  for (let row = 0; row < table.length; row++) {
    if (!cpus.has(table.cpu[row]!)) continue;
    const at = table.ts[row]!;
    const last = gaps.at(-1);
    if (last !== undefined && last.to >= at - reach) last.to = at + reach;
    else gaps.push({ from: at - reach, to: at + reach, tid: undefined, cpu: undefined, missing: 'a clock' });
  }
  return gaps;
}

/** The rows that remain when a machine's misclocked CPUs are left out; the same when there are none. */
export function withoutMisclocked(machine: Occurrences, { cpus }: Misclocked): Occurrences {
  if (cpus.size === 0) return machine;
  const { table } = machine;
  const marked = Uint8Array.from(table.cpu, (cpu) => (cpus.has(cpu) ? 1 : 0));
  return indexOccurrences(withoutRows(table, marked));
}

/** `alone` (1 per request that was the only one in flight) without the requests that a gap touches: they bound no clock. */
export function awayFrom(
  { gaps }: Misclocked,
  { ts }: EventTable,
  { issue, complete }: AppRequests,
  alone: Uint8Array,
): Uint8Array {
  if (gaps.length === 0) return alone;
  return alone.map((only, request) => {
    const from = ts[issue[request]!]!;
    const to = complete[request] === NO_ROW ? from : ts[complete[request]!]!;
    return only === 1 && !gaps.some((gap) => gap.from <= to && gap.to >= from) ? 1 : 0;
  });
}

/** A sentence on what could not be done, with the clocks that were off where that may be the cause. */
export function withClocks(failure: string, { pairs, cpus }: Misclocked): string {
  if (pairs.length === 0) return failure;
  const most = Math.max(...pairs.map(({ atLeast }) => atLeast));
  const which = `CPU ${[...cpus].join(' or ')}`;
  return `the clock of ${which} of the host is off by at least ${(most / 1000).toFixed(0)} µs, and without that CPU’s events ${failure}`;
}
