/**
 * A thread that polls leaves one row for each completion entry it finds, before it completes the request. Enters: those rows, and
 * its completions. Leaves: requests whose completion has none of its own, or several, since the one before: entries that were
 * found together are completed together, and nothing tells which is whose.
 */
import type { PointRule } from '../paths/io-path.ts';
import { LatestRows } from '../trace/latest-rows.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Candidates } from './candidates.ts';
import type { Side } from './side.ts';

/** Of `requests` those that are not in turn. `ends`: the rows of their completions. */
export function outOfTurn(
  { turn }: PointRule,
  { rows, who }: Candidates,
  ends: Int32Array,
  { occurrences }: Side,
  requests: Int32Array,
): Int32Array {
  if (turn === undefined || requests.length === 0) return new Int32Array(0);
  const completions = occurrences.of(turn);
  /** Thread → rows since its last completion. */
  const since = new LatestRows();
  const inTurn = new Set<number>();
  let next = 0;
  for (let at = 0; at < completions.rows.length; at++) {
    const row = completions.rows[at]!;
    for (; next < rows.length && rows[next]! < row; next++) {
      const before = since.get(who[next]!);
      since.set(who[next]!, before === NO_ROW ? 1 : before + 1);
    }
    const thread = completions.tid[at]!;
    if (since.get(thread) === 1) inTurn.add(row);
    since.set(thread, NO_ROW);
  }
  return requests.filter((request) => !inTurn.has(ends[request]!));
}
