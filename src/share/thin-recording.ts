/**
 * A shorter recording: one unbroken stretch of requests, each with all its events on every machine. Nothing is taken out
 * from between, so what follows requests and looks for losses sees a recording like any other.
 */
import type { SourcePart } from '../clocks/machine-clock.ts';
import type { Correlated } from '../correlate/correlate.ts';
import { STATUS } from '../correlate/request-table.ts';
import { privateColumns } from '../trace/columns.ts';
import { type EventTable, eventTable } from '../trace/event-table.ts';
import { pickRows } from '../trace/order.ts';
import type { Recording, Source } from '../trace/recording.ts';

/** What is kept: requests [first, first + count) of all, and what that is on the application's time line, ns. */
export interface Stretch {
  readonly first: number;
  readonly count: number;
  readonly of: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/**
 * A stretch of `count` requests around the middle of a recording. It reaches into the middle of the requests before and
 * after, so that every machine's events begin before the first one does; those two are cut and no longer followed.
 */
export function middleStretch({ requests }: Correlated, count: number): Stretch {
  const of = requests.length;
  const first = Math.floor((of - count) / 2);
  const after = first + count;
  const inside = (request: number) => {
    const matched = requests.status[request] === STATUS.matched;
    return requests.start[request]! + (matched ? requests.total[request]! / 2 : 0);
  };
  return {
    first,
    count,
    of,
    fromNs: first === 0 ? Number.NEGATIVE_INFINITY : inside(first - 1),
    toNs: after === of ? Number.POSITIVE_INFINITY : inside(after),
  };
}

/**
 * The recording with the events of a stretch only. Streams that are on no clock of a machine's, and a host whose clock is
 * not related to the application's, are left out: `without` names them.
 */
export function thinRecording(
  recording: Recording,
  correlated: Correlated,
  parts: readonly SourcePart[],
  stretch: Stretch,
): { readonly recording: Recording; readonly without: readonly Source[] } {
  const sources: Source[] = [];
  const without: Source[] = [];
  for (const source of recording.sources) {
    const part = parts.find((each) => each.source === source);
    const side = source.machine === correlated.path.app ? correlated.app : correlated.host;
    if (part === undefined || side === undefined) without.push(source);
    else {
      const shift = Number(part.table.epoch - side.table.epoch);
      const isIn = (row: number) => {
        const time = side.timeOf(part.table.ts[row]! + shift);
        return time >= stretch.fromNs && time <= stretch.toNs;
      };
      sources.push(cutSource(source, isIn));
    }
  }
  // Counts of the whole recording are not those of a stretch.
  const { perfCounts: _, ...facts } = recording.facts;
  return { recording: { ...recording, sources, facts }, without };
}

/** Lines of the application's log from the first to the last that belongs to a request of the stretch. */
export function linesOfStretch({ application }: Correlated, stretch: Stretch): (line: number) => boolean {
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  application?.entry.forEach((line, request) => {
    if (line < 0 || request < stretch.first || request >= stretch.first + stretch.count) return;
    first = Math.min(first, line);
    last = Math.max(last, line);
  });
  return (line) => line >= first && line <= last;
}

function cutSource(source: Source, isIn: (row: number) => boolean): Source {
  const rows: number[] = [];
  /** Rows kept before each row of the file, for the places of losses. */
  const before = new Uint32Array(source.events.length + 1);
  for (let row = 0; row < source.events.length; row++) {
    if (isIn(row)) rows.push(row);
    before[row + 1] = rows.length;
  }
  // What the tracer claimed beyond what was read is missing somewhere: it stays missing.
  const missing = source.claimed === undefined ? -1 : source.claimed - source.records;
  return {
    ...source,
    events: rowsOf(source.events, Uint32Array.from(rows)),
    records: rows.length,
    unused: 0,
    claimed: missing < 0 ? undefined : rows.length + missing,
    losses: source.losses
      .map((loss) => ({ ...loss, row: before[loss.row]! }))
      .filter(({ row }) => row > 0 && row < rows.length),
  };
}

function rowsOf(table: EventTable, rows: Uint32Array): EventTable {
  const columns = privateColumns(rows.length);
  pickRows(table, rows, columns);
  const tids = new Set(Array.from(rows, (row) => table.tid[row]!));
  const tasks = new Map([...table.tasks].filter(([tid]) => tids.has(tid)));
  return eventTable(columns, { epoch: table.epoch, strings: table.strings, tasks });
}
