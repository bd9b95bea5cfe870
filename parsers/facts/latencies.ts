/** How the latencies of an application's requests are spread, as far as it said; ns. */
export interface LatencySpread {
  /** Which time it measured: from the call to its return, or from the submission on. */
  readonly of: 'total' | 'completion';
  readonly minNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
}

/** The spread of ascending latencies, each of which stands for as many requests as `counts` says (1 each without it). */
export function spreadOf(
  of: LatencySpread['of'],
  ascendingNs: ArrayLike<number>,
  counts?: ArrayLike<number>,
): LatencySpread | undefined {
  const { length } = ascendingNs;
  if (length === 0) return undefined;
  const below = new Float64Array(length);
  let total = 0;
  for (let at = 0; at < length; at++) {
    total += counts?.[at] ?? 1;
    below[at] = total;
  }
  // Nearest rank: the least latency that this share of the requests does not exceed.
  const percentile = (share: number) => ascendingNs[firstAtLeast(below, Math.ceil(share * total))]!;
  return {
    of,
    minNs: ascendingNs[0]!,
    p50Ns: percentile(0.5),
    p90Ns: percentile(0.9),
    p99Ns: percentile(0.99),
    p999Ns: percentile(0.999),
    maxNs: ascendingNs[length - 1]!,
  };
}

function firstAtLeast(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
