/** What tracing adds to a request: the difference of windows with and without it, and how sure that is. */
import type { TracingCostFact } from '../trace/recording.ts';

/** Means over the windows, ns a request. */
export interface TracingCost {
  readonly untracedNs: number;
  /** Traced less untraced. */
  readonly addedNs: number;
  /** How far that may be off, 95 %. */
  readonly openNs: number;
  readonly pairs: number;
}

/** Student's t, two-sided 95 %, by degrees of freedom from 1. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** Undefined without windows, or with fewer than two of each kind. */
export function tracingCostOf(cost: TracingCostFact | undefined): TracingCost | undefined {
  const pairs = Math.min(cost?.untracedNs.length ?? 0, cost?.tracedNs.length ?? 0);
  if (cost === undefined || pairs < 2) return undefined;
  const differences = Array.from(
    { length: pairs },
    (_, pair) => cost.tracedNs[pair]! - cost.untracedNs[pair]!,
  );
  const addedNs = meanOf(differences);
  const variance = differences.reduce((sum, each) => sum + (each - addedNs) ** 2, 0) / (pairs - 1);
  const t = STUDENT[pairs - 2] ?? 2;
  return { untracedNs: meanOf(cost.untracedNs), addedNs, openNs: t * Math.sqrt(variance / pairs), pairs };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
