import { type CausalResult, causalLine, type Messages } from './causal-line.ts';

/** Messages with the request each belongs to. */
export interface RequestMessages extends Messages {
  readonly request: Int32Array;
}

export interface RobustResult {
  readonly result: CausalResult;
  /** Requests whose messages contradict all the others and were left out. */
  readonly violators: readonly number[];
}

/**
 * Share of the messages that may be left out before the relation as a whole counts as impossible: where events are missing, and
 * where nothing says so. A clock that is set late, or by little, leaves few that contradict.
 */
export const MOST_VIOLATORS = { ofLossy: 0.02, ofWhole: 0.005 } as const;

/**
 * The causal line through messages of which a few may be wrong (a lost event made a pair of strangers). While the
 * messages contradict each other the one farthest on the wrong side is left out, up to a share of them. Which is left out
 * next does not depend on the line, and leaving out more never brings a contradiction back: the least number that must
 * go is searched for, not counted up to.
 */
export function robustLine(
  lower: RequestMessages,
  upper: RequestMessages,
  maxDriftPpm: number,
  mostViolators: number,
): RobustResult {
  const result = causalLine(lower, upper, maxDriftPpm);
  const most = Math.floor((lower.at.length + upper.at.length) * mostViolators);
  if (result.kind !== 'contradiction' || most === 0) return { result, violators: [] };
  const leaving = worstFirst(lower, upper, most);
  const without = (count: number): CausalResult => {
    const gone = leaving.slice(0, count);
    return causalLine(kept(lower, gone, 'lower'), kept(upper, gone, 'upper'), maxDriftPpm);
  };
  let tooFew = 0;
  let enough = 1;
  while (enough < leaving.length && without(enough).kind === 'contradiction') {
    tooFew = enough;
    enough = Math.min(enough * 2, leaving.length);
  }
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    if (without(middle).kind === 'contradiction') tooFew = middle;
    else enough = middle;
  }
  const violators = leaving
    .slice(0, enough)
    .map(({ from, index }) => (from === 'lower' ? lower : upper).request[index]!);
  return { result: without(enough), violators };
}

/** A message that is left out: of which direction, and where in it. */
interface Leaving {
  readonly from: 'lower' | 'upper';
  readonly index: number;
}

/** Messages in the order in which they are left out: each is the highest lower or the lowest upper bound that is left. */
function worstFirst(lower: RequestMessages, upper: RequestMessages, most: number): Leaving[] {
  const lows = byOffset(lower.offset, -1);
  const highs = byOffset(upper.offset, 1);
  const leaving: Leaving[] = [];
  let [low, high] = [0, 0];
  while (leaving.length < most && low < lows.length && high < highs.length) {
    const worstLow = lower.offset[lows[low]!]!;
    const worstHigh = upper.offset[highs[high]!]!;
    // Medians of what is left; the lows are in descending order.
    const medianLow = lower.offset[lows[lows.length - 1 - ((lows.length - low) >> 1)]!]!;
    const medianHigh = upper.offset[highs[high + ((highs.length - high) >> 1)]!]!;
    const middle = (medianLow + medianHigh) / 2;
    if (worstLow - middle > middle - worstHigh) leaving.push({ from: 'lower', index: lows[low++]! });
    else leaving.push({ from: 'upper', index: highs[high++]! });
  }
  return leaving;
}

/** Positions by offset, ascending (sign 1) or descending (-1); equal ones in their own order. */
function byOffset(offset: Float64Array, sign: 1 | -1): Uint32Array {
  return new Uint32Array(offset.length)
    .map((_, index) => index)
    .sort((a, b) => sign * (offset[a]! - offset[b]!));
}

function kept(
  messages: RequestMessages,
  leaving: readonly Leaving[],
  direction: Leaving['from'],
): RequestMessages {
  const gone = new Set(leaving.filter(({ from }) => from === direction).map(({ index }) => index));
  const keep = (_: number, index: number) => !gone.has(index);
  return {
    at: messages.at.filter(keep),
    offset: messages.offset.filter(keep),
    request: messages.request.filter(keep),
  };
}
