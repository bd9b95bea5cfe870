/** The report against the application's own times: what the stages account for, and which requests are missing. */
import type { ApplicationMatch } from '../correlate/application.ts';
import { type RequestTable, STATUS } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import type { Breakdown } from '../stats/breakdown.ts';
import type { GroundTruth } from '../trace/recording.ts';
import { applicationCycle } from './application-cycle.ts';
import type { Digest } from './digest.ts';
import type { ReportModel } from './report-model.ts';
import { otherRequests, unseenOf } from './unseen.ts';

/** A ground truth, and for a request log which request is which of its lines. */
export interface ApplicationTruth {
  readonly truth: GroundTruth;
  readonly match: ApplicationMatch | undefined;
}

/** Undefined application: null. Closure is Σ stages over own time, over the requests both know. */
export function truthOf(
  application: ApplicationTruth | undefined,
  { requests, unseen, slices }: Pick<Digest, 'requests' | 'unseen' | 'slices'>,
  breakdown: Breakdown,
): ReportModel['groundTruth'] {
  if (application === undefined) return null;
  const { truth, match } = application;
  const tookNs = ownTimes(truth);
  const base = {
    source: truth.source,
    kind: truth.kind,
    requests: truth.requests,
    spread: truth.spread ?? null,
    beforeCallNs: null,
    otherRequests: otherRequests(truth, requests),
    // A request log's own times are ends of stages.
    unseen: match !== undefined ? [] : [...unseenOf(truth, unseen, breakdown), ...notTold(truth, slices)],
    // Of each request the time is known: its rate says no more.
    cycle: match !== undefined ? null : applicationCycle(truth, requests),
    perRequest: match !== undefined,
  };
  const meanTotal = breakdown.total?.meanNs ?? 0;
  if (match === undefined || tookNs === undefined)
    return {
      ...base,
      meanNs: truth.meanNs,
      closure: meanTotal / truth.meanNs,
      tracedShare: meanTotal / truth.meanNs,
      outsideNs: truth.meanNs - meanTotal,
      beforeCallNs: beforeCall(truth),
      matched: breakdown.matched.length,
      missing: {},
    };
  const missing: Record<string, number> = {};
  let own = 0;
  let traced = 0;
  let edges = 0;
  let matched = 0;
  match.request.forEach((request, line) => {
    const reason =
      request === -1
        ? 'no block request of it was recorded'
        : requests.status[request] === STATUS.matched
          ? undefined
          : requests.reasons[requests.reason[request]!]!;
    if (reason !== undefined) {
      missing[reason] = (missing[reason] ?? 0) + 1;
      return;
    }
    own += tookNs(line);
    traced += requests.total[request]!;
    edges += edgesOf(requests, request);
    matched++;
  });
  if (matched === 0)
    return {
      ...base,
      meanNs: truth.meanNs,
      closure: 0,
      tracedShare: 0,
      outsideNs: truth.meanNs,
      matched,
      missing,
    };
  return {
    ...base,
    meanNs: own / matched,
    closure: traced / own,
    tracedShare: (traced - edges) / own,
    outsideNs: (own - traced) / matched,
    matched,
    missing,
  };
}

/** A log of latencies that could not be laid beside the requests. */
function notTold({ latenciesNs }: GroundTruth, slices: number): string[] {
  if (latenciesNs === undefined) return [];
  if (slices > 1)
    return ['the log of its latencies is not laid beside a recording that is followed in slices of time'];
  return [
    'which latency of its log is of which request could not be told: that takes one job at queue depth 1, and nearly all of its requests in the recording',
  ];
}

/** What a line of the application's log took by its own clock, ns; undefined without a log of single requests. */
function ownTimes({ log, latenciesNs }: GroundTruth): ((line: number) => number) | undefined {
  if (log !== undefined) return (line) => log.endNs[line]! - log.startNs[line]!;
  return latenciesNs === undefined ? undefined : (line) => latenciesNs[line]!;
}

/** Engines of fio that wait in the call, so that its clat begins right before it (engines/sync.c; td_io_queue of ioengines.c). */
const WAITING_ENGINES = new Set(['sync', 'psync', 'pvsync', 'pvsync2']);

/** fio's own code from taking up a request to the call. Of other engines clat begins behind the submission. */
function beforeCall({ fio, meanNs }: GroundTruth): number | null {
  if (fio === undefined || !WAITING_ENGINES.has(fio.ioengine ?? '') || fio.latMeanNs !== meanNs) return null;
  const before = fio.latMeanNs - fio.clatMeanNs;
  return before >= 0 ? before : null;
}

/** Time of a request that lies between its application's own time stamps and its first and last traced point. */
function edgesOf(requests: RequestTable, request: number): number {
  const { points } = requests.variants[requests.variant[request]!]!;
  const offset = (point: PointId | undefined) => requests.offsets.get(point!)![request]!;
  const before = points[0] === 'app:begin' ? offset(points[1]) - offset(points[0]) : 0;
  const after = points.at(-1) === 'app:end' ? offset(points.at(-1)) - offset(points.at(-2)) : 0;
  return before + after;
}
