import type { LatencyBins } from './picture-model.ts';

const FEWEST_BINS = 24;
const BINS_PER_DECADE = [6, 12, 24, 48, 96, 192, 384];

/**
 * Totals (ns, ascending) in bins of equal width on a logarithmic axis, at powers of 10^(1/k), so that bins of two recordings
 * compare. k grows until the middle 98 % of the requests spread over enough bins. Bins narrower than a nanosecond are not made.
 */
export function latencyBins(ascendingNs: Int32Array): LatencyBins {
  const n = ascendingNs.length;
  if (n === 0) return { edgesNs: [], counts: [] };
  const low = Math.max(1, ascendingNs[0]!);
  const high = Math.max(low, ascendingNs[n - 1]!);
  const middle = Math.log10(
    Math.max(low, ascendingNs[Math.floor((n - 1) * 0.99)]!) /
      Math.max(low, ascendingNs[Math.floor(n * 0.01)]!),
  );
  const wanted = Math.min(60, Math.max(FEWEST_BINS, Math.ceil(Math.sqrt(n))));
  const perDecade =
    BINS_PER_DECADE.find((k) => middle * k >= wanted || (high / low) ** (1 / k) - 1 < 1 / low) ??
    BINS_PER_DECADE.at(-1)!;
  const first = Math.floor(Math.log10(low) * perDecade);
  const last = Math.floor(Math.log10(high) * perDecade);
  const edgesNs: number[] = [];
  for (let k = first; k <= last + 1; k++) edgesNs.push(10 ** (k / perDecade));
  // Rounding of the logarithm must leave no request outside.
  edgesNs[0] = Math.min(edgesNs[0]!, low);
  edgesNs[edgesNs.length - 1] = Math.max(edgesNs.at(-1)!, high + 1);
  const counts = new Array<number>(edgesNs.length - 1).fill(0);
  let bin = 0;
  for (const ns of ascendingNs) {
    while (bin < counts.length - 1 && ns >= edgesNs[bin + 1]!) bin++;
    counts[bin]!++;
  }
  return { edgesNs: edgesNs.map((ns) => Number(ns.toPrecision(9))), counts };
}
