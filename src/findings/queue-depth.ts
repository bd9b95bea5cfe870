import { countShared, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';

const LEAST_SHARE = 0.05;

export const queueDepth = defineFinding({
  id: 'queue-depth',
  severity: 'info',
  title: 'Requests were not alone: their latency holds waiting for each other',
  about:
    'The talk measures one request at a time, because then the latency is the path’s. With more in flight, stages hold time in which a thread worked on another request, and kicks and interrupts are shared. The figures stay exact; their meaning changes.',
  find(input) {
    const { inFlight } = input.correlated;
    const shared = countShared(input);
    if (shared < input.breakdown.matched.length * LEAST_SHARE || shared === 0) return undefined;
    return {
      evidence: `${ofRequests(input, shared)} shared the disk with others; it had ${inFlight.mean.toFixed(2)} in flight in the mean, ${inFlight.most} at most`,
      gain: null,
      confidence: 'high',
      fix: 'for the latency of the path record with one request in flight: fio --iodepth=1 --numjobs=1',
    };
  },
});
