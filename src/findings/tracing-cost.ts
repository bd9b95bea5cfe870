import { tracingCostOf } from '../stats/tracing-cost.ts';
import { microseconds } from './evidence.ts';
import { defineFinding } from './finding.ts';

/** Below this share of the untraced mean what tracing adds is spread thin over the stages. */
const LEAST_SHARE = 0.1;
const MOST_NAMED = 6;

export const tracingCost = defineFinding({
  id: 'tracing-cost',
  severity: 'warning',
  title: 'Tracing takes so much of a request that short stages mislead',
  about:
    'Each event costs the traced thread a few hundred nanoseconds, in the stage in which it fires. What all of them add to a request was measured by windows with and without tracing (record --calibrate); said when that is certainly more than a tenth of the untraced time. A stage shorter than the whole of it may be mostly its own events. How the cost is spread over the stages is not measured.',
  find({ facts, breakdown }) {
    const cost = tracingCostOf(facts.tracingCost);
    if (cost === undefined || cost.addedNs - cost.openNs < cost.untracedNs * LEAST_SHARE) return undefined;
    const short = breakdown.stages.filter(({ sumNs, n }) => sumNs / n < cost.addedNs).map(({ id }) => id);
    const named = short.slice(0, MOST_NAMED).join(', ');
    const more = short.length > MOST_NAMED ? ` and ${short.length - MOST_NAMED} more` : '';
    const { untracedNs, addedNs, openNs, pairs } = cost;
    return {
      evidence: `tracing adds ${microseconds(addedNs)} ±${microseconds(openNs)} to ${microseconds(untracedNs)} a request (${Math.round((addedNs / untracedNs) * 100)} %; ${pairs} pairs of windows)${short.length === 0 ? '; no stage is shorter than that' : `; shorter than that: ${named}${more}`}`,
      gain: null,
      confidence: 'high',
      fix: 'iotrace record --tracer tracefs or perf in place of bpftrace; on the host only (without --guest-ssh) the guest’s events cost nothing; compare recordings made alike (iotrace diff), where what tracing adds is in both',
    };
  },
});
