/** What tracing adds to a request: the difference of windows with and without it, and how sure that is. */
import type { TracingCostFact } from '../trace/recording.ts';
import type { ReportModel } from './report-model.ts';

/** Student's t, two-sided 95 %, by degrees of freedom from 1. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

const BY = {
  application: 'by the application’s own means',
  disk: 'by the disk’s own count of requests in a given time',
} as const;

/** `not measured` without windows, or with fewer than two of each kind. */
export function overheadOf(cost: TracingCostFact | undefined): ReportModel['overhead'] {
  const pairs = Math.min(cost?.untracedNs.length ?? 0, cost?.tracedNs.length ?? 0);
  if (cost === undefined || pairs < 2)
    return {
      kind: 'not measured',
      perRequestNs: null,
      openNs: null,
      text: 'what tracing added was not measured (record --calibrate)',
    };
  const differences = Array.from(
    { length: pairs },
    (_, pair) => cost.tracedNs[pair]! - cost.untracedNs[pair]!,
  );
  const mean = meanOf(differences);
  const variance = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (pairs - 1);
  const t = STUDENT[pairs - 2] ?? 2;
  const open = t * Math.sqrt(variance / pairs);
  const untraced = meanOf(cost.untracedNs);
  const share = ((mean / untraced) * 100).toFixed(1);
  return {
    kind: 'measured',
    perRequestNs: mean,
    openNs: open,
    text:
      `tracing adds ${microseconds(mean)} ±${microseconds(open)} µs to ${microseconds(untraced)} µs a request (${share} %; ` +
      `${pairs} pairs of windows with and without it, 95 %), ${BY[cost.by]}` +
      (Math.abs(mean) > open ? '' : '; that is within what the windows stray by themselves'),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

function microseconds(ns: number): string {
  return (ns / 1000).toFixed(2);
}
