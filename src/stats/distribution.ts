import { mean, quantileSorted, standardDeviation } from 'simple-statistics';
import { ascending } from './ascending.ts';

/** A distribution in ns; quantiles are type 7, as numpy and R compute them. */
export interface Distribution {
  readonly meanNs: number;
  readonly minNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
  /** 95 % confidence interval of the mean, normal approximation. */
  readonly ciLowNs: number;
  readonly ciHighNs: number;
}

const NORMAL_95 = 1.959964;

/** simple-statistics declares arrays and works on typed arrays; the one place that says so. */
function asNumbers(column: Int32Array): number[] {
  return column as unknown as number[];
}

/** Describes durations, ns; all zeros are possible, no values are not. */
export function describe(values: Int32Array): Distribution {
  if (values.length === 0) throw new Error('a distribution needs at least one value');
  const sorted = ascending(values);
  const column = asNumbers(sorted);
  const average = mean(column);
  const half = (NORMAL_95 * standardDeviation(column)) / Math.sqrt(sorted.length);
  const quantile = (p: number) => quantileSorted(column, p);
  return {
    meanNs: average,
    minNs: sorted[0]!,
    p50Ns: quantile(0.5),
    p90Ns: quantile(0.9),
    p99Ns: quantile(0.99),
    p999Ns: quantile(0.999),
    maxNs: sorted[sorted.length - 1]!,
    ciLowNs: average - half,
    ciHighNs: average + half,
  };
}
