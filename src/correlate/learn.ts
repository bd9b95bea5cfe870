import { firstAtOrAfter, firstNear } from '../trace/occurrences.ts';
import { ANYONE, BACKEND, type Windows } from './windows.ts';

/** What keys are learned from: rows of one kind in time order, their keys, and whose rows they are. */
export interface Keyed {
  readonly candidates: Uint32Array;
  readonly time: Float64Array;
  /** The column the key is in. */
  readonly keys: Float64Array | Uint32Array;
  /** The column that a window's `who` is about: thread or CPU. */
  readonly who: Uint32Array | Uint16Array;
  readonly backend: ReadonlySet<number>;
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
export function learnKeys(keyed: Keyed, windows: Windows): ReadonlySet<number> {
  const { candidates, time, keys, who, backend } = keyed;
  /** Key → windows it is in, and the last of them. */
  const hits = new Map<number, { count: number; last: number }>();
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let at = 0;
  for (let request = 0; request < windows.from.length; request++) {
    const from = windows.from[request]!;
    const to = windows.to[request]!;
    const owner = windows.who[request]!;
    if (Number.isNaN(from)) continue;
    begin = Math.min(begin, from);
    end = Math.max(end, to);
    at = firstNear(time, candidates, from, at);
    for (let next = at; next < candidates.length; next++) {
      const row = candidates[next]!;
      if (time[row]! > to) break;
      if (owner === BACKEND ? !backend.has(who[row]!) : owner !== ANYONE && who[row] !== owner) continue;
      const hit = hits.get(keys[row]!);
      if (hit === undefined) hits.set(keys[row]!, { count: 1, last: request });
      else if (hit.last !== request) {
        hit.count++;
        hit.last = request;
      }
    }
  }
  const during = occurrencesBetween(keyed, begin, end);
  let best = 0;
  for (const { count } of hits.values()) best = Math.max(best, count);
  const learned = new Set<number>();
  for (const [key, { count }] of hits)
    if (count >= best * LEAST_OF_BEST && count >= during.get(key)! * LEAST_PRECISION) learned.add(key);
  return learned;
}

function occurrencesBetween(
  { candidates, time, keys }: Keyed,
  begin: number,
  end: number,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (let at = firstAtOrAfter(time, candidates, begin); at < candidates.length; at++) {
    if (time[candidates[at]!]! > end) break;
    const key = keys[candidates[at]!]!;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
