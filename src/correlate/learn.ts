import { firstAtOrAfter } from '../trace/occurrences.ts';

/** A stretch of time in which a request's row must lie, and which rows are its at all (thread, CPU). */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly accepts: (row: number) => boolean;
}

/** A key must be in at least this share of the windows that the commonest key is in. */
const LEAST_OF_BEST = 0.05;
/** And at least this share of its occurrences during the run must lie in windows. */
const LEAST_PRECISION = 0.5;

/**
 * Which keys (eventfd ids, doorbell addresses, interrupt names) belong to the traced disk, learned from where they
 * occur: in the windows of its requests, again and again, and seldom outside them. No configuration is consulted, so
 * a disk of several queues yields several keys, and a console's interrupt none.
 */
export function learnKeys(
  time: Float64Array,
  column: Float64Array | Uint32Array,
  candidates: Uint32Array,
  windows: readonly Window[],
): ReadonlySet<number> {
  if (windows.length === 0) return new Set();
  const hits = new Map<number, number>();
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to, accepts } of windows) {
    begin = Math.min(begin, from);
    end = Math.max(end, to);
    const seen = new Set<number>();
    for (let at = firstAtOrAfter(time, candidates, from); at < candidates.length; at++) {
      const row = candidates[at]!;
      if (time[row]! > to) break;
      const key = column[row]!;
      if (accepts(row) && !seen.has(key)) {
        seen.add(key);
        hits.set(key, (hits.get(key) ?? 0) + 1);
      }
    }
  }
  const during = occurrencesBetween(time, column, candidates, begin, end);
  const best = Math.max(0, ...hits.values());
  const keys = new Set<number>();
  for (const [key, count] of hits)
    if (count >= best * LEAST_OF_BEST && count >= during.get(key)! * LEAST_PRECISION) keys.add(key);
  return keys;
}

function occurrencesBetween(
  time: Float64Array,
  column: Float64Array | Uint32Array,
  candidates: Uint32Array,
  begin: number,
  end: number,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (let at = firstAtOrAfter(time, candidates, begin); at < candidates.length; at++) {
    if (time[candidates[at]!]! > end) break;
    const key = column[candidates[at]!]!;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
