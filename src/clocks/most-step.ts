/**
 * By how much a clock can have been set while it was recorded without any message showing it. Enters: messages of both
 * directions. Leaves: nanoseconds.
 */
import { boundingOf, causalLine, type Messages, spanOf } from './causal-line.ts';
import type { RequestMessages } from './robust-line.ts';

/** A clock is taken to have been set where one of so many parts of the time between the first message and the last ends. */
const PARTS = 4;

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
  const length = (last - first) / PARTS;
  if (!(length > 0)) return Number.POSITIVE_INFINITY;
  const gone = new Set(without);
  // Few of the messages of a part bound anything, and no others do where parts are put together.
  const lowers = partsOf(lower, first, length, gone).map((part) => boundingOf(part, 1));
  const uppers = partsOf(upper, first, length, gone).map((part) => boundingOf(part, -1));
  const line = (from: number, to: number) =>
    causalLine(joined(lowers.slice(from, to)), joined(uppers.slice(from, to)), maxDriftPpm);
  let most = 0;
  for (let part = 1; part < PARTS; part++) {
    const [before, after] = [line(0, part), line(part, PARTS)];
    if (before.kind !== 'line' || after.kind !== 'line') return Number.POSITIVE_INFINITY;
    const moment = first + part * length;
    const [one, other] = [before.line.rangeAt(moment), after.line.rangeAt(moment)];
    most = Math.max(most, other.high - one.low, one.high - other.low);
  }
  return most;
}

/** Messages by the part of the time that they lie in. */
function partsOf(
  { at, offset, request }: RequestMessages,
  first: number,
  length: number,
  gone: ReadonlySet<number>,
): Messages[] {
  const parts = Array.from({ length: PARTS }, () => new Uint32Array(at.length));
  const counts = new Uint32Array(PARTS);
  for (let index = 0; index < at.length; index++) {
    if (gone.size > 0 && gone.has(request[index]!)) continue;
    const part = Math.min(PARTS - 1, Math.floor((at[index]! - first) / length));
    parts[part]![counts[part]!++] = index;
  }
  return parts.map((places, part) => messagesAt({ at, offset }, places.subarray(0, counts[part])));
}

function messagesAt({ at, offset }: Messages, places: Uint32Array): Messages {
  const own = { at: new Float64Array(places.length), offset: new Float64Array(places.length) };
  for (let index = 0; index < places.length; index++) {
    own.at[index] = at[places[index]!]!;
    own.offset[index] = offset[places[index]!]!;
  }
  return own;
}

function joined(parts: readonly Messages[]): Messages {
  return {
    at: Float64Array.from(parts.flatMap(({ at }) => [...at])),
    offset: Float64Array.from(parts.flatMap(({ offset }) => [...offset])),
  };
}
