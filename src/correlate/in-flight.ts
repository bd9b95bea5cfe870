import { quickselect } from 'simple-statistics';
import type { EventTable } from '../trace/event-table.ts';
import { pick } from '../trace/occurrences.ts';
import { isAscending } from '../trace/order.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';

/** How many requests were in flight, and which request never shared the device with another. */
export interface InFlight {
  /** 1 for a request during whose issue … completion no other was in flight, as far as events were recorded. */
  readonly alone: Uint8Array;
  readonly most: number;
  /** Time-weighted mean over the time in which at least one was in flight. */
  readonly mean: number;
}

/** Requests in flight between issue and completion on their own machine. */
export function inFlight(table: EventTable, requests: AppRequests): InFlight {
  return inFlightBetween({ ...timesOf(table, requests), strays: pick(table.ts, requests.strays) });
}

/** When requests were in flight, on one clock. */
export interface FlightTimes {
  /** Of their issues, in order. */
  readonly begins: Float64Array;
  /** Of their completions; a request that never completed ends when it begins. */
  readonly ends: Float64Array;
  /** 1 for those; undefined where there are none. */
  readonly isOpen: Uint8Array | undefined;
  /** Of completions whose issue is not in the recording, in order. */
  readonly strays: Float64Array;
}

/** The same by their times alone. */
export function inFlightBetween(times: FlightTimes): InFlight & { readonly depth: Depth } {
  const depth = depthOf(times.begins, times.ends);
  return { alone: aloneAmong(times), most: depth.most, mean: meanDepth(depth), depth };
}

/** How many requests were in flight, as figures that add up over parts of a recording. */
export interface Depth {
  readonly most: number;
  /** Σ of what each took from issue to completion, ns. */
  readonly inFlightNs: number;
  /** Time in which at least one was in flight, ns. */
  readonly busyNs: number;
}

/** How many of some requests were in flight, whatever else the disk did: rows of their issues, in order, and completions. */
export function depthAmong(table: EventTable, rows: Pick<AppRequests, 'issue' | 'complete'>): Depth {
  const { begins, ends } = timesOf(table, rows);
  return depthOf(begins, ends);
}

/** The mean over the time in which at least one was in flight; 0 where none was. */
export function meanDepth({ inFlightNs, busyNs }: Pick<Depth, 'inFlightNs' | 'busyNs'>): number {
  return busyNs === 0 ? 0 : inFlightNs / busyNs;
}

function timesOf({ ts }: EventTable, { issue, complete }: Pick<AppRequests, 'issue' | 'complete'>) {
  const begins = new Float64Array(issue.length);
  const ends = new Float64Array(issue.length);
  let isOpen: Uint8Array | undefined;
  for (let request = 0; request < issue.length; request++) {
    const begin = ts[issue[request]!]!;
    const row = complete[request]!;
    begins[request] = begin;
    ends[request] = row === NO_ROW ? begin : ts[row]!;
    if (row !== NO_ROW) continue;
    isOpen ??= new Uint8Array(issue.length);
    isOpen[request] = 1;
  }
  return { begins, ends, isOpen };
}

/** Begins are in order. */
function depthOf(begins: Float64Array, ends: Float64Array): Depth {
  let busy = 0;
  let covered = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (let request = 0; request < begins.length; request++) {
    const begin = begins[request]!;
    const end = ends[request]!;
    total += end - begin;
    busy += Math.max(0, end - Math.max(begin, covered));
    covered = Math.max(covered, end);
  }
  return { most: mostAtOnce(begins, inOrder(ends)), inFlightNs: total, busyNs: busy };
}

/** One at a time they end in the order in which they began. */
function inOrder(ends: Float64Array): Float64Array {
  return isAscending(ends) ? ends : ends.toSorted();
}

/** What a request took of which one end is missing: no more than the longest but one in a hundred. */
const USUAL = 0.99;

/** A request of which an event is missing was in flight as long as others usually are: it is not known, and must not be left out. */
function aloneAmong({ begins, ends, isOpen, strays }: FlightTimes): Uint8Array {
  // Nothing is missing in most recordings.
  const usual = strays.length === 0 && isOpen === undefined ? 0 : usualTime(begins, ends, isOpen);
  const alone = new Uint8Array(begins.length).fill(1);
  let latestEnd = Number.NEGATIVE_INFINITY;
  let latest = -1;
  let stray = 0;
  for (let request = 0; request < begins.length; request++) {
    const begin = begins[request]!;
    const end = isOpen?.[request] === 1 ? begin + usual : ends[request]!;
    if (begin < latestEnd) {
      alone[request] = 0;
      alone[latest] = 0;
    }
    if (end >= latestEnd) {
      latestEnd = end;
      latest = request;
    }
    while (stray < strays.length && strays[stray]! <= begin) stray++;
    if (stray < strays.length && strays[stray]! - usual < end) alone[request] = 0;
  }
  return alone;
}

/** What of requests that completed only few took longer than, ns; 0 without any. */
function usualTime(begins: Float64Array, ends: Float64Array, isOpen: Uint8Array | undefined): number {
  const took: number[] = [];
  for (let request = 0; request < begins.length; request++)
    if (isOpen?.[request] !== 1) took.push(ends[request]! - begins[request]!);
  if (took.length === 0) return 0;
  const at = Math.floor((took.length - 1) * USUAL);
  quickselect(took, at);
  return took[at]!;
}

/** From begins and ends, each in order of time; an end at the time of a begin comes first. */
function mostAtOnce(begins: Float64Array, ends: Float64Array): number {
  let most = 0;
  let ended = 0;
  for (let begun = 0; begun < begins.length; begun++) {
    while (ended < ends.length && ends[ended]! <= begins[begun]!) ended++;
    most = Math.max(most, begun + 1 - ended);
  }
  return most;
}
