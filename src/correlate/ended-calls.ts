/**
 * A system call that has returned cannot have done what its thread does later: the call that did was lost. Enters: rows
 * found for a point that begins a call, and what lies in it. Leaves: positions of the requests whose call had ended.
 */
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Side } from './side.ts';

const ENTER = 'sys_enter_';
/** Tagged with how many requests it is given. */
const SUBMIT = 'sys_enter_io_submit';
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
  const ended: number[] = [];
  if (!event.startsWith(ENTER)) return ended;
  const exit = `sys_exit_${event.slice(ENTER.length)}`;
  if (side.occurrences.count(exit) === 0) return ended;
  const ends = [exit, ...(isLossy ? ENTERS : [])]
    .map((name) => side.occurrences.of(name))
    .filter(({ rows }) => rows.length > 0)
    .map(({ rows, tid }) => ({ rows, tid }));
  const { tid } = side.table;
  for (let request = 0; request < calls.length; request++) {
    const call = calls[request]!;
    const until = inside[request]!;
    if (call === NO_ROW || until === NO_ROW) continue;
    const thread = tid[call]!;
    for (const end of ends) {
      if (!hasBetween(end.rows, end.tid, thread, call, until)) continue;
      ended.push(request);
      break;
    }
  }
  return isLossy && event === SUBMIT ? [...ended, ...beyondCount(calls, inside, side)] : ended;
}

/** A call that seems to issue more requests than were given to it has taken those of another: which are its own, nothing tells. */
function beyondCount(calls: Int32Array, inside: Int32Array, { table }: Side): number[] {
  const issued = new Map<number, Set<number>>();
  for (let request = 0; request < calls.length; request++) {
    const call = calls[request]!;
    if (call === NO_ROW || inside[request] === NO_ROW) continue;
    const own = issued.get(call);
    if (own === undefined) issued.set(call, new Set([inside[request]!]));
    else own.add(inside[request]!);
  }
  return [...calls.keys()].filter(
    (request) => (issued.get(calls[request]!)?.size ?? 0) > table.tag[calls[request]!]!,
  );
}

/** Whether a thread has a row behind one and before another. */
function hasBetween(
  rows: Uint32Array,
  tids: Uint32Array,
  thread: number,
  after: number,
  before: number,
): boolean {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows[middle]! <= after) low = middle + 1;
    else high = middle;
  }
  for (; low < rows.length && rows[low]! < before; low++) if (tids[low] === thread) return true;
  return false;
}
