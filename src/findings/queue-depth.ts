import type { InFlight } from '../correlate/in-flight.ts';
import { countShared, ofAll } from './evidence.ts';
import { defineFinding, type Found } from './finding.ts';

const LEAST_SHARE = 0.05;

export const queueDepth = defineFinding({
  id: 'queue-depth',
  severity: 'info',
  title: 'Requests were not alone: their latency holds waiting for each other',
  about:
    'The talk measures one request at a time, because then the latency is the path’s. With more in flight, stages hold time in which a thread worked on another request, and kicks and interrupts are shared. The figures stay exact; their meaning changes.',
  find: (input) =>
    findQueueDepth(input.breakdown.matched.length, countShared(input), input.correlated.inFlight),
});

/** The same of so many requests, some of which shared the disk with others. */
export function findQueueDepth(
  requests: number,
  shared: number,
  { most, mean }: Pick<InFlight, 'most' | 'mean'>,
): Found | undefined {
  if (shared < requests * LEAST_SHARE || shared === 0) return undefined;
  return {
    evidence: `${ofAll(requests, shared)} shared the disk with others; it had ${mean.toFixed(2)} in flight in the mean, ${most} at most`,
    gain: null,
    confidence: 'high',
    fix: 'for the latency of the path record with one request in flight: fio --iodepth=1 --numjobs=1',
  };
}
