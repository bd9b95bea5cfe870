/**
 * By how much a clock can have been set while it was recorded without any message showing it. Enters: messages of both
 * directions. Leaves: nanoseconds.
 */
import { causalLine, type Messages } from './causal-line.ts';
import type { RequestMessages } from './robust-line.ts';

/**
 * Each half of the messages bounds a line by itself: that is how far apart both lines can be where one half ends and the other
 * begins. Infinite where a half has no messages in one direction, or contradicts itself. `without`: requests whose messages
 * do not count.
 */
export function mostStep(
  lower: RequestMessages,
  upper: RequestMessages,
  maxDriftPpm: number,
  without: readonly number[],
): number {
  const middle = middleOf(lower, upper);
  const gone = new Set(without);
  const half = (isFirst: boolean) => {
    const isIn = (at: number, request: number) => at < middle === isFirst && !gone.has(request);
    return causalLine(taken(lower, isIn), taken(upper, isIn), maxDriftPpm);
  };
  const [before, after] = [half(true), half(false)];
  if (before.kind !== 'line' || after.kind !== 'line') return Number.POSITIVE_INFINITY;
  const [first, second] = [before.line.rangeAt(middle), after.line.rangeAt(middle)];
  return Math.max(second.high - first.low, first.high - second.low);
}

function middleOf(...directions: readonly Messages[]): number {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at } of directions)
    for (let index = 0; index < at.length; index++) {
      if (at[index]! < first) first = at[index]!;
      if (at[index]! > last) last = at[index]!;
    }
  return (first + last) / 2;
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
