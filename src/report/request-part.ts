/** The report's requests: how many became what, and what the workload looked like. */
import { DIRECTION } from '../../parsers/event-kinds.ts';
import type { Correlated } from '../correlate/correlate.ts';
import { type Depth, depthAmong, meanDepth } from '../correlate/in-flight.ts';
import { STATUS } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import type { Breakdown } from '../stats/breakdown.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Digest } from './digest.ts';
import type { ReportModel } from './report-model.ts';

const ISSUE_LOST = 'completed, and its issue is not in the recording';

/** What became of the requests of the traced disk, by status and by reason. */
export function requestCounts({
  requests,
  strays: { begunBefore, issueLost },
}: Pick<Digest, 'requests' | 'strays'>): ReportModel['requests'] {
  const { status, reason, reasons } = requests;
  const tally = { seen: 0, outside: 0, matched: 0, quarantined: 0 };
  const rejected: Record<string, number> = {};
  const quarantineReasons: Record<string, number> = {};
  const outsideReasons: Record<string, number> = {};
  const add = (into: Record<string, number>, text: string) => {
    into[text] = (into[text] ?? 0) + 1;
  };
  for (let request = 0; request < status.length; request++) {
    const value = status[request]!;
    if (value === STATUS.matched) tally.matched++;
    else if (value === STATUS.outside) add(outsideReasons, reasons[reason[request]!]!);
    else add(value === STATUS.quarantined ? quarantineReasons : rejected, reasons[reason[request]!]!);
  }
  const count = (counts: Record<string, number>) =>
    Object.values(counts).reduce((sum, each) => sum + each, 0);
  tally.outside = count(outsideReasons);
  tally.quarantined = count(quarantineReasons);
  tally.seen = status.length - tally.outside;
  if (begunBefore > 0) {
    outsideReasons['completed in the recording, issued before it'] = begunBefore;
    tally.outside += begunBefore;
  }
  if (issueLost > 0) {
    rejected[ISSUE_LOST] = issueLost;
    tally.seen += issueLost;
  }
  return { ...tally, rejected, quarantineReasons, outsideReasons };
}

/** Share of requests that may be of another size or direction: a file system's own, or another task's. */
const MOST_STRAY = 0.01;

/** The value that all of these requests have, but for strays, and whether there are none of those; undefined where there is none. */
function commonest(
  requests: Int32Array,
  column: ArrayLike<number>,
): { readonly value: number; readonly isOfAll: boolean } | undefined {
  const counts = new Map<number, number>();
  // Most have the value of the one before: only where it changes is it looked up.
  for (let at = 0; at < requests.length; ) {
    const value = column[requests[at]!]!;
    const first = at;
    at = endOfRun(requests, column, value, at);
    counts.set(value, (counts.get(value) ?? 0) + at - first);
  }
  const [value, count] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best), [0, 0]);
  const isCommon = count > 0 && count >= requests.length * (1 - MOST_STRAY);
  return isCommon ? { value, isOfAll: count === requests.length } : undefined;
}

/** The first of the requests from one on that has another value. */
function endOfRun(requests: Int32Array, column: ArrayLike<number>, value: number, from: number): number {
  let at = from;
  while (at < requests.length && column[requests[at]!] === value) at++;
  return at;
}

/** How many have another size or direction than nearly all. */
function othersOf(
  matched: Int32Array,
  requests: Digest['requests'],
  direction: ReturnType<typeof commonest>,
  bytes: ReturnType<typeof commonest>,
): number {
  if (direction?.isOfAll !== false && bytes?.isOfAll !== false) return 0;
  let others = 0;
  for (let at = 0; at < matched.length; at++) {
    const request = matched[at]!;
    const isOther =
      (direction !== undefined && requests.direction[request] !== direction.value) ||
      (bytes !== undefined && requests.bytes[request] !== bytes.value);
    if (isOther) others++;
  }
  return others;
}

/** How many of the requests inside the recorded span were in flight, without those that are another's. */
export function depthInside({ app, path, requests }: Pick<Correlated, 'app' | 'path' | 'requests'>): Depth {
  const inside = (point: PointId) => rowsInside(requests, point);
  return depthAmong(app.table, {
    issue: inside(path.anchors.issue),
    complete: inside(path.anchors.complete),
  });
}

/** Rows of a point, without those of requests outside the recorded span. */
function rowsInside({ rows, status, length }: Correlated['requests'], point: PointId): Int32Array {
  const column = rows.get(point) ?? new Int32Array(length).fill(NO_ROW);
  const kept = new Int32Array(length);
  let inside = 0;
  for (let request = 0; request < length; request++)
    if (status[request] !== STATUS.outside) kept[inside++] = column[request]!;
  return kept.slice(0, inside);
}

/** Queue depth, direction, size and rate, of the requests inside the recorded span. */
export function workloadOf(
  { requests, depth }: Pick<Digest, 'requests' | 'depth'>,
  { matched }: Pick<Breakdown, 'matched'>,
): ReportModel['workload'] {
  // From the first that was followed to the last: what was read when a program was started is no part of its load.
  const [first = 0, last = -1] = [matched[0], matched.at(-1)];
  // Outside is nothing of most recordings.
  let seen = last === -1 ? 0 : last - first + 1;
  for (
    let request = requests.status.indexOf(STATUS.outside, first);
    request !== -1 && request <= last;
    request = requests.status.indexOf(STATUS.outside, request + 1)
  )
    seen--;
  const begin = last === -1 ? 0 : requests.start[first]!;
  const end = last === -1 ? 0 : requests.start[last]! + requests.total[last]!;
  const direction = commonest(matched, requests.direction);
  const bytes = commonest(matched, requests.bytes);
  return {
    queueDepth: meanDepth(depth),
    queueDepthMax: depth.most,
    direction: direction === undefined ? 'mixed' : direction.value === DIRECTION.read ? 'read' : 'write',
    requestBytes: bytes?.value ?? null,
    others: othersOf(matched, requests, direction, bytes),
    iops: end > begin ? (seen * 1e9) / (end - begin) : 0,
    spanNs: end - begin,
  };
}

/** IOPS × mean latency must be the queue depth over the whole run; user space between requests makes it smaller. */
export function littlesLawOf(
  workload: ReportModel['workload'],
  breakdown: Breakdown,
): ReportModel['littlesLaw'] {
  const product = (workload.iops * (breakdown.total?.meanNs ?? 0)) / 1e9;
  return { product, queueDepth: workload.queueDepth, ok: product <= workload.queueDepthMax * 1.02 };
}
