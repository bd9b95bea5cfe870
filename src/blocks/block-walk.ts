/**
 * Follows the requests of one disk while its block events are read. Enters: events, as a parser gives them. Leaves: requests in the order
 * of their issue, as columns, and what the stream is like; or why that cannot be done without a table, as soon as it turns out.
 *
 * A request is what `Flights` and `BlockSteps` (src/correlate) make of a table; here nothing is kept but what a request needs.
 */
import { requestSectors } from '../../parsers/event-kinds.ts';
import type { EventColumns, EventSink } from '../../parsers/event-sink.ts';
import { STEP, STEPS } from '../correlate/app-steps.ts';
import { MOST_ROWS } from '../correlate/cpu-messages.ts';
import { isData } from '../correlate/flights.ts';
import type { BlockExtras, BlockTaker, Epoch } from '../trace/block-table.ts';
import { type Columns, columnsOfRow } from '../trace/columns.ts';
import { blockFlights, type Flown } from './block-flights.ts';
import { RepeatedEvents } from './repeated-events.ts';
import { SECTOR, TIME } from './sector-slots.ts';
import { sectorStates } from './sector-states.ts';

const NO_DEVICE = -1;
/** Rows are gone through in calls of so many: V8 compiles what is called often better than what goes round in one call. */
const PART = 1 << 10;

/** What a walk has found out. */
export interface Walked extends Flown {
  /** Why these requests cannot be followed here; nothing else means anything then. */
  readonly whyNot: string | undefined;
  /** Packed device of the disk. */
  readonly device: number;
  /** Rows of all disks. */
  readonly rows: number;
  readonly issues: number;
  readonly completions: number;
  readonly hasIdleTask: boolean;
  readonly names: ReadonlyMap<number, string>;
}

/** A walk through one stream. */
export interface BlockWalk extends EventSink, BlockTaker {
  /** It can go on. */
  canGoOn(): boolean;
  /** All has been read. */
  finish(): Walked;
}

/** Walks through a stream of `room` requests at most. */
export function blockWalk(room: number): BlockWalk {
  /** The time and the sector of the row that is walked over. As arguments they would be made objects of: they are no small integers. */
  const now = new Float64Array(2);
  const states = sectorStates(now);
  const flights = blockFlights(room, now, states, give);
  const repeated = new RepeatedEvents();
  const names = new Map<number, string>();
  let whyNot: string | undefined;
  let device = NO_DEVICE;
  let rows = 0;
  let issues = 0;
  let completions = 0;
  let hasIdleTask = false;
  let epoch: Epoch = { sec: 0, nsec: 0 };
  const latest = Float64Array.of(Number.NEGATIVE_INFINITY);

  function give(why: string): void {
    whyNot ??= why;
  }

  function walk(columns: EventColumns, from: number, to: number, begin: number): void {
    const { ts, kind, cpu, tid, dev, tag, aux } = columns;
    let before = latest[0]!;
    for (let row = from; row < to; row++) {
      const time = begin + ts[row]!;
      if (time <= before) notLater(columns, row, time, time < before);
      before = time;
      const step = STEPS[kind[row]!]!;
      if (step === STEP.issue) issues++;
      else if (step === STEP.complete && ++completions === MOST_ROWS + 1) flights.lookAtOdd();
      const thread = tid[row]!;
      if (thread === 0) hasIdleTask = true;
      const sector = tag[row]!;
      const what = aux[row]!;
      if (!isData(what, sector) || !isOurs(dev[row]!, step)) continue;
      const own = cpu[row]!;
      now[TIME] = time;
      now[SECTOR] = sector;
      if (Number.isNaN(sector)) nowhere(step);
      else if (step === STEP.queue) states.queued(own, requestSectors(what));
      else if (step === STEP.getrq) states.gotRequest(own);
      else if (step === STEP.insert) states.inserted(own);
      else if (step === STEP.issue) flights.issued(own, thread, what);
      else if (step === STEP.complete) flights.completed(own, requestSectors(what));
      else if (step === STEP.requeue) give('a driver gave requests back');
      else if (step === STEP.frontMerge) states.mergedToFront(requestSectors(what));
      else if (step !== 0) states.merged();
    }
    latest[0] = before;
  }

  function notLater(columns: EventColumns, row: number, time: number, isEarlier: boolean): void {
    if (isEarlier) give('its events are not in order of time');
    else if (repeated.has(columns, row, time)) give('events repeat each other');
  }

  /** The disk of which a request is met first is the one that is followed. */
  function isOurs(dev: number, step: number): boolean {
    if (dev === device) return true;
    if (device === NO_DEVICE) device = dev;
    else if (step === STEP.issue) give('requests of several disks are in it');
    return dev === device;
  }

  function nowhere(step: number): void {
    if (step === STEP.queue) states.queuedNowhere();
    else if (step === STEP.issue) give('a request of no place is in it');
  }

  function batch(columns: EventColumns, count: number, sec: number, nsec: number): void {
    if (rows === 0) epoch = { sec, nsec: nsec + columns.ts[0]! };
    const begin = (sec - epoch.sec) * 1e9 + (nsec - epoch.nsec);
    for (let row = 0; row < count; row += PART) walk(columns, row, Math.min(count, row + PART), begin);
    rows += count;
    repeated.end(columns, count, latest[0]!);
  }

  return {
    batch,
    event: (kind, sec, nsec, cpu, tid, dev, tag, aux) =>
      batch(columnsOfRow(kind, cpu, tid, dev, tag, aux), 1, sec, nsec),
    addBlock: (columns: Columns, block: BlockExtras, _line, _ids, blockEpoch) => {
      if (block.losses.length > 0) give('events were lost');
      if (block.rejects.length > 0) give('something in it could not be used');
      if (block.rows > 0) batch(columns, block.rows, blockEpoch!.sec, blockEpoch!.nsec);
    },
    string: () => 0,
    task: (tid, comm) => {
      if (comm !== '') names.set(tid, comm);
    },
    lost: () => give('events were lost'),
    reject: () => give('something in it could not be used'),
    canGoOn: () => whyNot === undefined,
    finish: () => {
      const flown = flights.finish();
      return { ...flown, whyNot, device, rows, issues, completions, hasIdleTask, names };
    },
  };
}
