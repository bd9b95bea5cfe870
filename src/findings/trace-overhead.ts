import { sideOf } from '../correlate/follow.ts';
import type { Side } from '../correlate/side.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import { microseconds } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';

/** What the cheapest tracer costs at least for an event, ns: a tracefs tracepoint took 200 to 800 on virtual machines of two CPUs. */
const LEAST_EVENT_NS = 200;
/** Share of a stage from which its time says more about tracing than about the request. */
const MOST_SHARE = 0.5;

/** Events that one CPU stamped in a stage, over all requests that have it, and the time of the stage. */
interface Crowd {
  events: number;
  ns: number;
  n: number;
}

export const traceOverhead = defineFinding({
  id: 'trace-overhead',
  severity: 'warning',
  title: 'Tracing itself takes most of a stage',
  about:
    'Every event costs the CPU that stamps it time, and that time is part of the stage it falls into. Where the events of a stage, at the least an event costs, fill half of it, the stage is mostly the tracer: its order and its presence are right, its length is not. Not looked at on an emulated host, where neither is.',
  find(input) {
    if (input.emulated) return undefined;
    const crowded = [...crowdsOf(input)]
      .map(([id, { events, ns, n }]) => ({ id, perStage: events / n, meanNs: ns / n }))
      .filter(({ perStage, meanNs }) => perStage * LEAST_EVENT_NS >= meanNs * MOST_SHARE)
      .sort((a, b) => b.perStage - a.perStage);
    if (crowded.length === 0) return undefined;
    const each = crowded.map(
      ({ id, perStage, meanNs }) => `${id} has ${perStage.toFixed(1)} events in ${microseconds(meanNs)}`,
    );
    return {
      evidence: `${each.join(', ')}; an event costs ${microseconds(LEAST_EVENT_NS)} at least`,
      gain: null,
      confidence: 'medium',
      fix: 'record fewer events (sched_*, kvm_entry and kvm_exit come most often), and no bpftrace printf; what is left of the stage is what a request without tracing has',
    };
  },
});

/** By stage whose two borders one machine stamped. */
function crowdsOf(input: FindingInput): Map<string, Crowd> {
  const { correlated, breakdown } = input;
  const { requests, followed } = correlated;
  const crowds = new Map<string, Crowd>();
  for (const request of breakdown.matched) {
    const { points, stages } = requests.variants[requests.variant[request]!]!;
    stages.forEach((stage, index) => {
      const [from, to] = [points[index]!, points[index + 1]!];
      const side = sideOf(correlated, from);
      const rowOf = (point: PointId) => followed.rows.get(point)?.[request] ?? NO_ROW;
      const [first, last] = [rowOf(from), rowOf(to)];
      if (side === undefined || side !== sideOf(correlated, to) || first === NO_ROW || last === NO_ROW)
        return;
      const crowd = crowds.get(stage) ?? { events: 0, ns: 0, n: 0 };
      crowds.set(stage, crowd);
      crowd.n++;
      crowd.ns += side.time[last]! - side.time[first]!;
      crowd.events += eventsBetween(side, first, last);
    });
  }
  return crowds;
}

/** Rows of the last one's CPU from the first up to the last, without it: an event's cost comes after its stamp. */
function eventsBetween({ table }: Side, first: number, last: number): number {
  let events = 0;
  for (let row = first; row < last; row++) if (table.cpu[row] === table.cpu[last]) events++;
  return events;
}
