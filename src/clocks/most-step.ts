/**
 * By how much a clock can have been set while it was recorded without any message showing it. Enters: messages of both
 * directions. Leaves: nanoseconds.
 */
import { causalLine, type Messages } from './causal-line.ts';
import type { RequestMessages } from './robust-line.ts';

/** Where a clock is taken to have been set, as shares of the time between the first message and the last. */
const MOMENTS = [0.25, 0.5, 0.75];

/**
 * What comes before a moment bounds a line by itself, and what comes after: so far apart both can be there, at the worst of a
 * few moments. Infinite where there are no messages in one direction before or after it, or where they contradict themselves.
 * `without`: requests whose messages do not count.
 */
export function mostStep(
  lower: RequestMessages,
  upper: RequestMessages,
  maxDriftPpm: number,
  without: readonly number[],
): number {
  const { first, last } = spanOf(lower, upper);
  const gone = new Set(without);
  const stepAt = (moment: number) => {
    const part = (isBefore: boolean) => {
      const isIn = (at: number, request: number) => at < moment === isBefore && !gone.has(request);
      return causalLine(taken(lower, isIn), taken(upper, isIn), maxDriftPpm);
    };
    const [before, after] = [part(true), part(false)];
    if (before.kind !== 'line' || after.kind !== 'line') return Number.POSITIVE_INFINITY;
    const [one, other] = [before.line.rangeAt(moment), after.line.rangeAt(moment)];
    return Math.max(other.high - one.low, one.high - other.low);
  };
  return Math.max(...MOMENTS.map((share) => stepAt(first + share * (last - first))));
}

function spanOf(...directions: readonly Messages[]): { readonly first: number; readonly last: number } {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at } of directions)
    for (let index = 0; index < at.length; index++) {
      if (at[index]! < first) first = at[index]!;
      if (at[index]! > last) last = at[index]!;
    }
  return { first, last };
}

function taken(
  { at, offset, request }: RequestMessages,
  isIn: (at: number, request: number) => boolean,
): Messages {
  const places = new Uint32Array(at.length);
  let count = 0;
  for (let index = 0; index < at.length; index++)
    if (isIn(at[index]!, request[index]!)) places[count++] = index;
  const own = { at: new Float64Array(count), offset: new Float64Array(count) };
  for (let index = 0; index < count; index++) {
    own.at[index] = at[places[index]!]!;
    own.offset[index] = offset[places[index]!]!;
  }
  return own;
}
