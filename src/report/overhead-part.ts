/** What tracing adds to a request, in words. */
import { tracingCostOf } from '../stats/tracing-cost.ts';
import type { TracingCostFact } from '../trace/recording.ts';
import type { ReportModel } from './report-model.ts';

const BY = {
  application: 'by the application’s own means',
  disk: 'by the disk’s own count of requests in a given time',
} as const;

/** `not measured` without windows, or with fewer than two of each kind. */
export function overheadOf(fact: TracingCostFact | undefined): ReportModel['overhead'] {
  const cost = tracingCostOf(fact);
  if (fact === undefined || cost === undefined)
    return {
      kind: 'not measured',
      perRequestNs: null,
      openNs: null,
      text: 'what tracing added was not measured (record --calibrate)',
    };
  const { addedNs, openNs, untracedNs, pairs } = cost;
  const share = ((addedNs / untracedNs) * 100).toFixed(1);
  return {
    kind: 'measured',
    perRequestNs: addedNs,
    openNs,
    text:
      `tracing adds ${microseconds(addedNs)} ±${microseconds(openNs)} µs to ${microseconds(untracedNs)} µs a request (${share} %; ` +
      `${pairs} pairs of windows with and without it, 95 %), ${BY[fact.by]}` +
      (Math.abs(addedNs) > openNs ? '' : '; that is within what the windows stray by themselves'),
  };
}

function microseconds(ns: number): string {
  return (ns / 1000).toFixed(2);
}
