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

/** Share of the messages that may be left out before the relation as a whole counts as impossible. */
const MOST_VIOLATORS = 0.02;

/**
 * The causal line through messages of which a few may be wrong (a lost event made a pair of strangers). While the
 * messages contradict each other the one farthest on the wrong side is left out, up to 2 % of them.
 */
export function robustLine(
  lower: RequestMessages,
  upper: RequestMessages,
  maxDriftPpm: number,
): RobustResult {
  let [low, high] = [lower, upper];
  const violators: number[] = [];
  const most = Math.floor((lower.at.length + upper.at.length) * MOST_VIOLATORS);
  let result = causalLine(low, high, maxDriftPpm);
  while (result.kind === 'contradiction' && violators.length < most) {
    const worstLow = extreme(low.offset, 1);
    const worstHigh = extreme(high.offset, -1);
    const middle = (median(low.offset) + median(high.offset)) / 2;
    if (low.offset[worstLow]! - middle > middle - high.offset[worstHigh]!) {
      violators.push(low.request[worstLow]!);
      low = without(low, worstLow);
    } else {
      violators.push(high.request[worstHigh]!);
      high = without(high, worstHigh);
    }
    result = causalLine(low, high, maxDriftPpm);
  }
  return { result, violators };
}

function extreme(values: Float64Array, sign: 1 | -1): number {
  let best = 0;
  for (let index = 1; index < values.length; index++)
    if (sign * values[index]! > sign * values[best]!) best = index;
  return best;
}

function median(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1]!;
}

function without(messages: RequestMessages, index: number): RequestMessages {
  const keep = (_: number, at: number) => at !== index;
  return {
    at: messages.at.filter(keep),
    offset: messages.offset.filter(keep),
    request: messages.request.filter(keep),
  };
}
