/**
 * By how much the sectors of a host device differ from the guest's, told by when they are asked for. Of sectors in sequence nearly any
 * difference fits, and where a machine's recording lacks the first of them a wrong one may fit best.
 */
import { matchSequences } from '../clocks/match-sequences.ts';

/** Requests in the order of their issue, ns of the machine's own clock. */
export interface TimedSectors {
  readonly ts: Float64Array;
  readonly sectors: Float64Array;
}

/** With fewer of the requests that keep step at one difference, their rhythm tells nothing. */
const LEAST_AGREED = 0.9;

/** Host sector − guest sector of the requests that keep step; undefined where they do not, or not at one difference. */
export function shiftByRhythm(guest: TimedSectors, host: TimedSectors): number | undefined {
  const match = matchSequences(guest.ts, host.ts);
  if (match === undefined) return undefined;
  const { a, b } = match;
  const times = new Map<number, number>();
  let [commonest, often] = [0, 0];
  for (let pair = 0; pair < a.length; pair++) {
    const shift = host.sectors[b[pair]!]! - guest.sectors[a[pair]!]!;
    const now = (times.get(shift) ?? 0) + 1;
    times.set(shift, now);
    if (now > often) [commonest, often] = [shift, now];
  }
  return commonest >= 0 && often >= a.length * LEAST_AGREED ? commonest : undefined;
}
