/**
 * The search for rows in the windows of all requests. Every rule of a path comes here in the same form, as columns: the loop is
 * compiled once and serves them all, where one that asks what kind of rule it is would be compiled anew for each.
 */
import { NO_ROW } from '../trace/units.ts';
import { type Candidates, firstNear } from './candidates.ts';
import type { ThreadSet } from './thread-set.ts';
import { ANYONE, BACKEND, type Windows } from './windows.ts';

/** Position of no candidate. */
export const NONE = -1;
/** In place of the mark that a row must have. */
export const ANY_MARK = Number.POSITIVE_INFINITY;

export interface WindowSearch {
  readonly candidates: Candidates;
  readonly windows: Windows;
  /** Threads that serve the disk. */
  readonly serves: ThreadSet;
  /** Per request the last row that it can be, NO_ROW where its time alone decides. */
  readonly limits: Int32Array;
  /** Per candidate what tells whose it is (an argument, a descriptor); empty where nothing does. */
  readonly marks: Float64Array;
  /** Per request the mark of its row, or ANY_MARK; NaN for a request that has no row. */
  readonly wanted: Float64Array;
  /** Nothing but the first candidate is asked for. */
  readonly firstOnly: boolean;
}

/** Sets first and last candidate in the window of each request, by position; NONE without any. */
export function searchWindows(search: WindowSearch, first: Int32Array, last: Int32Array): void {
  const { candidates, windows, serves, limits, marks, wanted, firstOnly } = search;
  const { rows, time, who } = candidates;
  const { from, to, who: owners } = windows;
  let at = 0;
  for (let request = 0; request < first.length; request++) {
    first[request] = NONE;
    last[request] = NONE;
    const mark = wanted[request]!;
    if (Number.isNaN(from[request]!) || Number.isNaN(mark)) continue;
    const until = to[request]!;
    const owner = owners[request]!;
    const limit = limits[request]!;
    at = firstNear(time, from, request, at);
    for (let next = at; next < time.length && time[next]! <= until; next++) {
      if (limit !== NO_ROW && rows[next]! > limit) break;
      if (owner === BACKEND ? !serves.has(who[next]!) : owner !== ANYONE && who[next] !== owner) continue;
      if (mark !== ANY_MARK && marks[next] !== mark) continue;
      if (first[request] === NONE) first[request] = next;
      last[request] = next;
      if (firstOnly) break;
    }
  }
}
