/**
 * One table per machine: every source in nanoseconds of one clock, joined and in time order. The first source's clock
 * is the machine's; others are brought to it through the facts' pairs of clock and TSC readings.
 */
import type { ClockId } from '../../parsers/format.ts';
import { atTimes, type EventTable } from '../trace/event-table.ts';
import type { SetBack } from '../trace/file-order.ts';
import { type Gap, reportedGaps, timesTwice } from '../trace/gaps.ts';
import type { CheckedSource } from '../trace/integrity.ts';
import { joinTables } from '../trace/join-tables.ts';
import { sortedByTime, withoutRows } from '../trace/order.ts';
import type { ClockPair, RecordingFacts, Source } from '../trace/recording.ts';
import { type TickRate, ticksToNs } from './ticks.ts';

/** A stream that stands on a clock of its own, and why it could not be joined with the others of its machine. */
export interface UnjoinedSource {
  readonly source: Source;
  readonly why: string;
}

export interface MachineTable {
  readonly table: EventTable;
  /** The clock of the joined table. */
  readonly clock: ClockId;
  /** It is the TSC, in ns at the rate used. */
  readonly isTsc: boolean;
  readonly roundingNs: number;
  /** Sources that could not be joined, and why. */
  readonly unjoined: readonly UnjoinedSource[];
  /** Where tracers say they lost events, and where the clock was set back, ns after the table's epoch. */
  readonly reported: readonly Gap[];
  /** The sources that were joined: each one's rows as in its file, times on the clock of the joined table. */
  readonly parts: readonly SourcePart[];
}

/** A source, and its table on its machine's clock, row for row. */
export interface SourcePart {
  readonly source: Source;
  readonly table: EventTable;
}

/**
 * Joins a machine's sources, each row once; undefined when there are none. Fails with a sentence when ticks have no rate.
 */
export function joinMachine(
  checked: readonly CheckedSource[],
  facts: RecordingFacts,
  rate: TickRate | undefined,
): MachineTable | { readonly failure: string } | undefined {
  const sources = checked.map(({ source }) => source);
  const [first, ...others] = sources;
  if (first === undefined) return undefined;
  const main = inNs(first, rate);
  if (main === undefined)
    return {
      failure: `${first.name} is stamped with a counter whose rate nothing tells; give a request log, facts with clock pairs, or --tsc-hz`,
    };
  const clock = clockOf(first, main, facts.hostClockPairs ?? []);
  const joined: SourcePart[] = [{ source: first, table: main }];
  const unjoined: UnjoinedSource[] = [];
  for (const source of others) {
    const moved =
      source.unit === 'ticks' && first.unit === 'ticks'
        ? sameCounter(source, first, main, rate!)
        : onClock(source, clock, facts.hostClockPairs ?? [], rate);
    if (typeof moved === 'string') unjoined.push({ source, why: moved });
    else joined.push({ source, table: moved });
  }
  const integrity = new Map(checked.map((each) => [each.source, each.integrity]));
  const once = joined.map(({ source, table }) => withoutRows(table, integrity.get(source)!.repeats));
  const table = sortedByTime(once.length === 1 ? once[0]! : joinTables(once));
  return {
    table,
    clock,
    isTsc: first.unit === 'ticks',
    roundingNs: Math.max(...sources.map((source) => source.roundingNs)),
    unjoined,
    reported: joined.flatMap((part) => gapsOf(part, integrity.get(part.source)!.setBack, table.epoch)),
    parts: joined,
  };
}

/** A source's reported gaps in ns after `epoch`, with the times that its clock showed twice. */
function gapsOf({ source, table }: SourcePart, setBack: SetBack | undefined, epoch: bigint): Gap[] {
  const shift = Number(table.epoch - epoch);
  const gaps = [...reportedGaps(table, source.losses), ...timesTwice(table, setBack)];
  return gaps.map((gap) => ({ ...gap, from: gap.from + shift, to: gap.to + shift }));
}

function inNs(source: Source, rate: TickRate | undefined): EventTable | undefined {
  if (source.unit === 'ns') return source.events;
  return rate === undefined ? undefined : ticksToNs(source.events, rate.nsPerTick);
}

/** A stream of the counter of the machine's first: its ticks from that one's beginning, so that large counts lose nothing. */
function sameCounter(
  { events }: Source,
  first: Source,
  main: EventTable,
  { nsPerTick }: TickRate,
): EventTable {
  const shift = Number(events.epoch - first.events.epoch);
  return atTimes(
    events,
    events.ts.map((ticks) => Math.round((ticks + shift) * nsPerTick)),
    main.epoch,
  );
}

const NEAR_NS = 3_600_000_000_000n;

/** The clock a source says, or the one whose readings in the facts lie within an hour of its beginning. */
function clockOf(source: Source, table: EventTable, pairs: readonly ClockPair[]): ClockId {
  if (source.clock !== 'unknown') return source.clock;
  const near = (['mono', 'boot', 'realtime'] as const).find((clock) =>
    pairs.some((pair) => pair.clock === clock && abs(pair.ns - table.epoch) < NEAR_NS),
  );
  return near ?? 'unknown';
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** A source's events on another clock of its machine, or why that is not possible. */
function onClock(
  source: Source,
  clock: ClockId,
  pairs: readonly ClockPair[],
  rate: TickRate | undefined,
): EventTable | string {
  if (source.unit === 'ticks') return ticksOnClock(source, clock, pairs);
  const table = inNs(source, rate)!;
  const own = clockOf(source, table, pairs);
  if (own === clock) return table;
  const from = pairs.find((pair) => pair.clock === own);
  const to = pairs.find((pair) => pair.clock === clock);
  if (from === undefined || to === undefined)
    return `its clock (${own}) and that of the machine's first stream (${clock}) are not related by any reading`;
  const ticks = Number(from.tsc - to.tsc);
  const nsPerTick = rate?.nsPerTick;
  if (nsPerTick === undefined) return 'the clock pairs do not tell the rate of the TSC';
  const epoch = table.epoch - from.ns + to.ns + BigInt(Math.round(ticks * nsPerTick));
  return atTimes(table, table.ts, epoch);
}

function ticksOnClock(source: Source, clock: ClockId, pairs: readonly ClockPair[]): EventTable | string {
  const known = pairs.filter((pair) => pair.clock === clock).sort((a, b) => Number(a.tsc - b.tsc));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || first.tsc === last.tsc)
    return `no two readings relate the TSC to the clock of the machine's first stream (${clock})`;
  const nsPerTick = Number(last.ns - first.ns) / Number(last.tsc - first.tsc);
  const { events } = source;
  return atTimes(
    events,
    events.ts.map((ticks) => Math.round(ticks * nsPerTick)),
    first.ns + BigInt(Math.round(Number(events.epoch - first.tsc) * nsPerTick)),
  );
}
