/**
 * Requests that are made one after the other, whole: from the begin of one to the begin of the next. fio's rate says how long that is
 * without a stamp of its own on any request, so it is a check of the stages that needs no tracer in the application.
 */
import { type RequestTable, STATUS } from '../correlate/request-table.ts';
import type { GroundTruth } from '../trace/recording.ts';

export interface ApplicationCycle {
  readonly ownNs: number;
  /** How far the application's figure can be off by its own rounding. */
  readonly roundingNs: number;
  readonly tracedNs: number;
  readonly closure: number;
  /** Of the traced cycle, what lies between the return of a request and the begin of the next. */
  readonly betweenNs: number;
  /** What lies there in the median and at most: one long pause tells a mean from what is usual. */
  readonly betweenP50Ns: number;
  readonly betweenMaxNs: number;
}

/** Share of the application's requests that may be missing or too many in the trace. */
const MOST_ASTRAY = 0.001;
/** fio counts its running time in whole milliseconds (stat.c). */
const FIO_TICK_NS = 1e6;

/** Null where there is no rate of one job, where two requests were in flight at once, or where not all of them are there. */
export function applicationCycle(
  { fio, requests: made }: GroundTruth,
  { length, start, total, status }: RequestTable,
): ApplicationCycle | null {
  if (fio?.jobs.length !== 1 || !(fio.iops > 0)) return null;
  const own: number[] = [];
  for (let request = 0; request < length; request++)
    if (status[request] !== STATUS.outside && !Number.isNaN(start[request]!)) own.push(request);
  own.sort((a, b) => start[a]! - start[b]!);
  // What comes before the first of the application's, and behind its last, is another's: a page of its program.
  while (own.length > 0 && status[own[0]!] !== STATUS.matched) own.shift();
  while (own.length > 0 && status[own.at(-1)!] !== STATUS.matched) own.pop();
  if (own.length < 2 || Math.abs(own.length - made) > made * MOST_ASTRAY) return null;
  let traced = 0;
  const between: number[] = [];
  for (const [at, request] of own.entries()) {
    if (status[request] !== STATUS.matched) continue;
    traced += total[request]!;
    if (at + 1 === own.length) continue;
    const pause = start[own[at + 1]!]! - start[request]! - total[request]!;
    if (pause < 0) return null;
    between.push(pause);
  }
  if (between.length === 0) return null;
  between.sort((a, b) => a - b);
  const span = start[own.at(-1)!]! - start[own[0]!]!;
  const tracedNs = span / (own.length - 1);
  const ownNs = 1e9 / fio.iops;
  const matched = own.filter((request) => status[request] === STATUS.matched).length;
  return {
    ownNs,
    roundingNs: FIO_TICK_NS / made,
    tracedNs,
    closure: tracedNs / ownNs,
    betweenNs: tracedNs - traced / matched,
    betweenP50Ns: between[(between.length - 1) >> 1]!,
    betweenMaxNs: between.at(-1)!,
  };
}
