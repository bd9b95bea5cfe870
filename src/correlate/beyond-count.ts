/**
 * A call that seems to issue more requests than were given to it has taken those of another, whose beginning was lost. Enters: by
 * request the row of its call and that of its issue. Leaves: requests of such calls; which are the call's own, nothing tells.
 */
import { kindId } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';

/** Calls that are tagged with how many requests they are given. */
const COUNTED: ReadonlySet<number> = new Set(
  ['sys_enter_io_submit', 'sys_enter_io_uring_enter'].map((name) => kindId(name)),
);

/**
 * One request of an application may become several in the block layer (block/blk-merge.c `bio_split_to_limits`), and then nearly
 * always does: with more than this share of the calls beyond their count, none of them is a sign.
 */
const MOST_BEYOND = 0.2;

/** Requests of calls that issued too many; none where that is usual. */
export function beyondCount(calls: Int32Array, issues: Int32Array, { kind, tag }: EventTable): number[] {
  const issued = new Map<number, Set<number>>();
  for (let request = 0; request < calls.length; request++) {
    const call = calls[request]!;
    if (call === NO_ROW || issues[request] === NO_ROW || !COUNTED.has(kind[call]!)) continue;
    const own = issued.get(call);
    if (own === undefined) issued.set(call, new Set([issues[request]!]));
    else own.add(issues[request]!);
  }
  const beyond = new Set<number>();
  for (const [call, own] of issued) if (own.size > tag[call]!) beyond.add(call);
  if (beyond.size > issued.size * MOST_BEYOND) return [];
  return [...calls.keys()].filter((request) => beyond.has(calls[request]!));
}
