/**
 * A system call that has returned cannot have done what its thread does later, nor an interrupt's handler what comes behind its end:
 * the one that did was lost. Enters: rows found for a point that begins a call or a handler, and what lies in it. Leaves: positions
 * of the requests whose call or handler had ended.
 */
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import { NO_ROW } from '../trace/units.ts';
import { beyondCount } from './beyond-count.ts';
import type { Side } from './side.ts';

const ENTER = 'sys_enter_';
const ENTERS = EVENT_KINDS.map(({ name }) => name).filter((name) => name.startsWith(ENTER));

/**
 * `event` is what stamped `calls`; of events that begin no call, or whose ends were not recorded, none has ended. In a recording
 * that `isLossy` a thread that enters another call has left this one, even if nothing says so any more.
 */
export function endedCalls(
  event: string,
  calls: Int32Array,
  inside: Int32Array,
  side: Side,
  isLossy: boolean,
): number[] {
  if (event === 'irq_handler_entry') return endedHandlers(calls, inside, side, isLossy);
  const ended: number[] = [];
  if (!event.startsWith(ENTER)) return ended;
  const exit = `sys_exit_${event.slice(ENTER.length)}`;
  if (side.occurrences.count(exit) === 0) return ended;
  const ends = [exit, ...(isLossy ? ENTERS : [])]
    .map((name) => side.occurrences.of(name))
    .filter(({ rows }) => rows.length > 0)
    .map(({ rows, tid }) => new Ends(rows, tid));
  const { tid } = side.table;
  for (let request = 0; request < calls.length; request++) {
    const call = calls[request]!;
    const until = inside[request]!;
    if (call === NO_ROW || until === NO_ROW) continue;
    const thread = tid[call]!;
    for (let at = 0; at < ends.length; at++) {
      if (!ends[at]!.hasBetween(thread, call, until)) continue;
      ended.push(request);
      break;
    }
  }
  return isLossy ? [...ended, ...beyondCount(calls, inside, side.table)] : ended;
}

/**
 * A disk of one queue for several CPUs completes behind its handlers, in a softirq (block/blk-mq.c `blk_mq_complete_request_remote`),
 * and then nearly always: with more than this share ended before, none of them is a sign of a lost one.
 */
const MOST_ENDED = 0.2;

/** With more than this share of the handlers completing several requests at once, one that does is no sign of two. */
const MOST_OF_SEVERAL = 0.1;

/**
 * Handlers do not nest: the kernel runs them with interrupts off (kernel/irq/handle.c). Where events are missing, one that seems to
 * complete several requests may be two, without the end of the first and the beginning of the second.
 */
function endedHandlers(
  entries: Int32Array,
  inside: Int32Array,
  { occurrences, table }: Side,
  isLossy: boolean,
): number[] {
  const { cpu } = table;
  const { rows, cpu: lanes } = occurrences.of('irq_handler_exit');
  const ended: number[] = [];
  if (rows.length === 0) return ended;
  const exits = new Ends(rows, lanes);
  let found = 0;
  for (let request = 0; request < entries.length; request++) {
    const entry = entries[request]!;
    const until = inside[request]!;
    if (entry === NO_ROW || until === NO_ROW) continue;
    found++;
    if (exits.hasBetween(cpu[entry]!, entry, until)) ended.push(request);
  }
  const certain = ended.length > found * MOST_ENDED ? [] : ended;
  return isLossy ? [...certain, ...ofSeveral(entries)] : certain;
}

/** Requests of handlers that completed several, where nearly all completed one. */
function ofSeveral(entries: Int32Array): number[] {
  const completed = new Map<number, number>();
  for (const entry of entries) if (entry !== NO_ROW) completed.set(entry, (completed.get(entry) ?? 0) + 1);
  const several = new Set([...completed].filter(([, requests]) => requests > 1).map(([entry]) => entry));
  if (several.size > completed.size * MOST_OF_SEVERAL) return [];
  return [...entries.keys()].filter((request) => several.has(entries[request]!));
}

/** Rows that end calls or handlers, each with its thread or CPU; asked about one request after the other, which mostly lie in order. */
class Ends {
  readonly #rows: Uint32Array;
  readonly #lanes: Uint32Array | Uint16Array;
  /** Where the question before this one was answered. */
  #near = 0;

  constructor(rows: Uint32Array, lanes: Uint32Array | Uint16Array) {
    this.#rows = rows;
    this.#lanes = lanes;
  }

  /** Whether a thread, or CPU, has a row behind one and before another. */
  hasBetween(lane: number, after: number, before: number): boolean {
    const rows = this.#rows;
    this.#near = firstBehind(rows, after, this.#near);
    for (let at = this.#near; at < rows.length && rows[at]! < before; at++)
      if (this.#lanes[at] === lane) return true;
    return false;
  }
}

/** Position of the first row behind `row` (their number when there is none), looked for outwards from `near`. */
function firstBehind(rows: Uint32Array, row: number, near: number): number {
  let low = 0;
  let high = rows.length;
  let step = 1;
  if (near < high && rows[near]! <= row) {
    for (low = near + 1; low + step < high && rows[low + step]! <= row; step *= 2) low += step;
    high = Math.min(high, low + step);
  } else {
    for (high = Math.min(near, high); high - step >= 0 && rows[high - step]! > row; step *= 2) high -= step;
    low = Math.max(0, high - step);
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! <= row) low = middle + 1;
    else high = middle;
  }
  return low;
}
