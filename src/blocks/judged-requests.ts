/**
 * Judges the requests that a walk left, as `buildRequestTable` (src/correlate) does with those of a table. Leaves: the request table, the
 * path with the steps that they passed; or why this cannot be said of all requests alike.
 */
import { EQUAL_SECTORS, NEVER_COMPLETED } from '../correlate/build-request-table.ts';
import { CriticalPath, REQUIRED_SHARE } from '../correlate/critical.ts';
import { detectedByBlocksAlone } from '../correlate/detect.ts';
import { type Depth, inFlightBetween } from '../correlate/in-flight.ts';
import {
  NOT_OBSERVED,
  notObserved,
  type RequestTable,
  type RequestVariant,
  STATUS,
} from '../correlate/request-table.ts';
import { withBlockLayer } from '../paths/block-layer.ts';
import type { IoPath } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import type { Walked } from './block-walk.ts';
import { EQUAL, OPEN, PASSED } from './request-columns.ts';

export interface JudgedRequests {
  readonly path: IoPath;
  readonly evidence: readonly string[];
  readonly requests: RequestTable;
  /** What matched requests passed, as bits of PASSED, and their points. */
  readonly passed: number;
  readonly points: readonly PointId[];
  readonly flights: FlightsTogether;
}

/** Points that all requests must have where nearly all do, in their order. */
const REQUIRED = [
  { bit: PASSED.queue, point: 'host:queue' },
  { bit: PASSED.getrq, point: 'host:getrq' },
] as const;

export function judgedRequests(walked: Walked): JudgedRequests | { readonly whyNot: string } {
  const { length, everPassed } = walked;
  const counts = [...walked.passed];
  const completed = counts.reduce((sum, count) => sum + count, 0);
  if (completed === 0) return { whyNot: 'no request completed' };
  const usual = counts.indexOf(Math.max(...counts));
  if (everPassed !== usual) return { whyNot: 'its requests go more than one way' };
  const having = (bit: number) =>
    counts.reduce((sum, count, what) => sum + ((what & bit) === 0 ? 0 : count), 0);
  const asked = REQUIRED.filter(({ bit }) => (usual & bit) !== 0);
  if (asked.some(({ bit }) => having(bit) < completed * REQUIRED_SHARE))
    return { whyNot: 'many requests lack a point that others have' };
  const lacks = (what: number) => asked.find(({ bit }) => (what & bit) === 0)?.point;
  if (counts.some((count, what) => count > 0 && what !== usual && lacks(what) === undefined))
    return { whyNot: 'its requests go more than one way' };
  const path = pathOf(usual);
  const variant = variantOf(path, usual);
  // Of columns that `layOut` changes.
  const flights = flightsOf(walked);
  const columns = layOut(walked, usual, counts[usual] === length ? undefined : lacks);
  return {
    path,
    evidence: detectedByBlocksAlone().evidence,
    requests: tableOf(walked, columns, variant),
    passed: usual,
    points: variant.points,
    flights,
  };
}

function pathOf(passed: number): IoPath {
  const { path } = detectedByBlocksAlone();
  return (passed & (PASSED.queue | PASSED.getrq)) === 0
    ? path
    : withBlockLayer(path, (passed & PASSED.insert) !== 0);
}

/** What is said of one request that has these points, in their order, is said of all. */
function variantOf(path: IoPath, passed: number): RequestVariant {
  const recorded = new Set<PointId>(['host:issue', 'host:complete']);
  for (const point of Object.keys(PASSED) as (keyof typeof PASSED)[])
    if ((passed & PASSED[point]) !== 0) recorded.add(`host:${point}`);
  const [at, never] = [Float64Array.of(0), Float64Array.of(Number.NaN)];
  const critical = new CriticalPath(
    { path, alone: Uint8Array.of(1), isLossy: false },
    { recorded },
    Int32Array.of(0),
    { of: (point) => (recorded.has(point) ? at : never) },
  );
  const { variant, reason } = critical.judge(0);
  if (variant === undefined) throw new Error(`internal: a request with all of its points: ${reason}`);
  return critical.variants[variant]!;
}

/** Who was in flight with whom. */
export interface FlightsTogether {
  readonly depth: Depth;
  /** How many of some requests shared the disk with others. */
  sharedAmong(requests: Int32Array): number;
  /** The longest from issue to completion, ns; 0 where nobody needs to know. */
  readonly longestNs: number;
}

function flightsOf(walked: Walked): FlightsTogether {
  const { count, strays } = walked;
  if (count === undefined || strays.length > 0) return flightsByTimes(walked);
  const { depth, isShared, shared } = count;
  return {
    depth,
    sharedAmong: (requests) => (shared === 0 ? 0 : countOf(isShared, requests, 1)),
    longestNs: 0,
  };
}

function flightsByTimes({ length, requests: { start, issue, complete }, strays }: Walked): FlightsTogether {
  const begins = new Float64Array(length);
  const ends = new Float64Array(length);
  const isOpen = new Uint8Array(length);
  let longestNs = 0;
  for (let request = 0; request < length; request++) {
    const begin = start[request]! + issue[request]!;
    const end = complete[request] === OPEN ? begin : start[request]! + complete[request]!;
    begins[request] = begin;
    ends[request] = end;
    if (end - begin > longestNs) longestNs = end - begin;
    if (complete[request] === OPEN) isOpen[request] = 1;
  }
  const times = {
    begins,
    ends,
    isOpen: isOpen.includes(1) ? isOpen : undefined,
    strays: Float64Array.from(strays),
  };
  const { depth, alone } = inFlightBetween(times);
  return { depth, sharedAmong: (some) => countOf(alone, some, 0), longestNs };
}

/** How many of some requests have a value in a column. */
function countOf(column: Uint8Array, requests: Int32Array, value: number): number {
  let count = 0;
  for (let at = 0; at < requests.length; at++) if (column[requests[at]!] === value) count++;
  return count;
}

/** Columns of the request table that the walk has no column for. */
interface Judged {
  readonly total: Int32Array;
  readonly status: Uint8Array;
  readonly reason: Uint16Array;
  readonly reasons: readonly string[];
}

/** The columns of `requests`, with nothing in them of requests that are not matched. `lacks` is undefined where all are. */
function layOut(
  { length, requests }: Walked,
  usual: number,
  lacks: ((passed: number) => PointId | undefined) | undefined,
): Judged {
  const { passed, getrq, insert, issue, complete } = requests;
  const status = new Uint8Array(length);
  const reason = new Uint16Array(length);
  const reasons = [''];
  // All that are matched take as long as it is to their completion.
  if (lacks === undefined) return { total: complete.subarray(0, length), status, reason, reasons };
  const total = complete.slice(0, length);
  for (let request = 0; request < length; request++) {
    const isEqual = passed[request]! >= EQUAL;
    const isOpen = complete[request] === OPEN;
    if (!isOpen && passed[request] === usual) continue;
    const text = isEqual ? EQUAL_SECTORS : isOpen ? NEVER_COMPLETED : notObserved(lacks(passed[request]!)!);
    status[request] = isEqual || isOpen ? STATUS.rejected : STATUS.quarantined;
    if (!reasons.includes(text)) reasons.push(text);
    reason[request] = reasons.indexOf(text);
    total[request] = 0;
    for (const column of [getrq, insert, issue, complete]) column[request] = NOT_OBSERVED;
  }
  return { total, status, reason, reasons };
}

function tableOf({ length, requests }: Walked, judged: Judged, variant: RequestVariant): RequestTable {
  const first = variant.points[0]!;
  const offsetsOf = (point: PointId): Int32Array => {
    if (point !== first) return requests[point.slice('host:'.length) as OffsetColumn].subarray(0, length);
    const offsets = new Int32Array(length);
    if (judged.reasons.length > 1)
      for (let request = 0; request < length; request++)
        if (judged.status[request] !== STATUS.matched) offsets[request] = NOT_OBSERVED;
    return offsets;
  };
  return {
    length,
    start: requests.start.subarray(0, length),
    total: judged.total,
    offsets: new Map(variant.points.map((point) => [point, offsetsOf(point)])),
    rows: new Map(),
    variant: new Uint16Array(length),
    variants: [variant],
    status: judged.status,
    reason: judged.reason,
    reasons: judged.reasons,
    sector: requests.sector.subarray(0, length),
    bytes: requests.bytes.subarray(0, length),
    direction: requests.direction.subarray(0, length),
  };
}

type OffsetColumn = 'getrq' | 'insert' | 'issue' | 'complete';
