/** How long a back-end waited each time it had to be woken: what a poll window is to be held against. */
import { NOT_OBSERVED } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import { countOf, hasPoint } from './evidence.ts';
import type { FindingInput } from './finding.ts';

export interface PollWaits {
  /** Requests for which the back-end was woken, by the kick or the completion. */
  readonly woken: number;
  /** Waits that ended in a wake-up, ns, ascending: at most what passed since the back-end was last seen at work. */
  readonly ns: Float64Array;
  /** Those for a completion alone. */
  readonly completionNs: Float64Array;
}

/** When a back-end has handed the request on, the latest first. */
const HANDED_ON: readonly PointId[] = ['nvme:doorbell', 'nvme:submit', 'host:issue', 'backend:submit'];
const COMPLETED: readonly PointId[] = ['host:aio-notify', 'vfio:signal'];
/** The last that is seen of a back-end for a request. */
const DONE: readonly PointId[] = ['kvm:irqfd', 'backend:call-write', 'backend:push'];

/** Waits of the requests that were alone: with others in flight the back-end may have been at work for them. */
export function pollWaits(input: FindingInput): PollWaits {
  const { breakdown, correlated } = input;
  const { start } = correlated.requests;
  const kickRead = hasPoint(input, 'backend:kick-read');
  const completeRead = hasPoint(input, 'backend:complete-read');
  const kicks: number[] = [];
  const completions: number[] = [];
  let done = Number.NaN;
  for (const request of breakdown.matched) {
    const alone = correlated.inFlight.alone[request] !== 0;
    const at = (points: readonly PointId[]) => start[request]! + firstOf(input, points, request);
    const kicked = at(['kvm:ioeventfd']);
    if (alone && kickRead(request) && kicked > done) kicks.push(kicked - done);
    const waited = at(COMPLETED) - at(HANDED_ON);
    if (alone && completeRead(request) && waited > 0) completions.push(waited);
    done = alone ? at(DONE) : Number.NaN;
  }
  return {
    woken: countOf(input, (request) => kickRead(request) || completeRead(request)),
    ns: Float64Array.from([...kicks, ...completions]).sort(),
    completionNs: Float64Array.from(completions).sort(),
  };
}

/** ns after the request's start of the first of these points it has; NaN when it has none. */
function firstOf({ correlated }: FindingInput, points: readonly PointId[], request: number): number {
  for (const point of points) {
    const offset = correlated.requests.offsets.get(point)?.[request] ?? NOT_OBSERVED;
    if (offset !== NOT_OBSERVED) return offset;
  }
  return Number.NaN;
}

/** The value below which a share of ascending values lies; NaN of none. */
export function quantile(ascending: Float64Array, share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}

/** How many of ascending values are larger. */
export function countAbove(ascending: Float64Array, least: number): number {
  const at = ascending.findIndex((value) => value > least);
  return at === -1 ? 0 : ascending.length - at;
}
