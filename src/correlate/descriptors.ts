/**
 * Which descriptor of the back-end is which eventfd. A read drains all signals since the read before it (fs/eventfd.c
 * `eventfd_ctx_do_read`), so each read of the right descriptor has a signal since its last one, and follows it closely.
 * No configuration is consulted. Enters: a machine's rows, the threads that serve the disk. Leaves: eventfd id → descriptor.
 */

import { quickselect } from 'simple-statistics';
import { LatestRows } from '../trace/latest-rows.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { ThreadSet } from './thread-set.ts';

/** Fewer reads than this tell nothing; with fewer of them explained, or another that fits as well, it is another's. */
const LEAST_READS = 8;
const LEAST_EXPLAINED = 0.98;
const LEAST_LEAD = 2;
/** Where events are missing it may be the right one all the same with so many. */
const LEAST_OF_LOSSY = 0.8;
/** Ids and descriptors looked at; those that a disk needs are among the busiest. */
const MOST_IDS = 64;

/** Latencies of more reads tell no more of their median. */
const MOST_LATENCIES = 10_000;

/** How the reads of one descriptor follow the signals of one eventfd: how many reads one explains, and the first ones' latencies. */
interface Fit {
  readonly id: number;
  readonly fd: number;
  explained: number;
  readonly latencies: number[];
}

export interface Descriptors {
  /** Per row of an event of reads, in order of time, the descriptor that is read; NaN where that is not known. */
  of(event: string): Float64Array;
  /** Descriptor of an eventfd; undefined where nothing tells. */
  byId(id: number): number | undefined;
}

/** A stretch of time of a machine. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** The time of a machine's requests, and as long before and behind; all of it where there are none. */
export function aroundRequests(
  ts: Float64Array,
  { issue, complete }: { readonly issue: Int32Array; readonly complete: Int32Array },
): TimeSpan {
  let [first, last] = [Number.POSITIVE_INFINITY, NO_ROW as number];
  for (let request = 0; request < issue.length; request++) {
    if (issue[request] !== NO_ROW && issue[request]! < first) first = issue[request]!;
    if (complete[request]! > last) last = complete[request]!;
  }
  if (first > last) return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const length = ts[last]! - ts[first]!;
  return { from: ts[first]! - length, to: ts[last]! + length };
}

/**
 * What is learned of a machine's descriptors, when it is asked for the first time. Outside the `span` around the requests another run may
 * have been recorded, whose threads have the same ids. `isLossy`: events are known to be missing.
 */
export function descriptorsOnce(
  backend: ReadonlySet<number>,
  span: TimeSpan,
  isLossy: boolean,
): (machine: Occurrences) => Descriptors {
  const known = new Map<Occurrences, Descriptors>();
  return (machine) => {
    const descriptors = known.get(machine) ?? findDescriptors(machine, backend, span, isLossy);
    known.set(machine, descriptors);
    return descriptors;
  };
}

function findDescriptors(
  machine: Occurrences,
  backend: ReadonlySet<number>,
  span: TimeSpan,
  isLossy: boolean,
): Descriptors {
  const read = descriptorsOfReads(machine);
  let byId: ReadonlyMap<number, number> | undefined;
  return {
    of: (event) => (event === 'eventfd_read' ? read : machine.of(event).tag),
    byId: (id) => {
      byId ??= learn(machine, read, backend, span, isLossy);
      return byId.get(id);
    },
  };
}

/** The reads of one event, and which of them can have drained a request's signal. */
export interface DrainedReads {
  /** By position among the rows of the event. */
  readonly descriptor: Float64Array;
  /** Descriptor of the request's signal; undefined where any read could be another's. */
  readonly wanted: (request: number) => number | undefined;
}

/** `signals`: rows of the requests' signals, whose tag is the eventfd. Of a request that was `alone` any read will do (`any`). */
export function drainedReads(
  { of, byId }: Descriptors,
  event: string,
  tag: Float64Array,
  signals: Int32Array | undefined,
  alone: Uint8Array,
  any: number,
): DrainedReads {
  let id = Number.NaN;
  let known: number | undefined;
  return {
    descriptor: of(event),
    wanted: (request) => {
      const row = signals?.[request] ?? NO_ROW;
      const own = row === NO_ROW ? Number.NaN : tag[row]!;
      // Nearly all requests have the eventfd of the one before.
      if (own !== id) {
        id = own;
        known = Number.isNaN(own) ? undefined : byId(own);
      }
      return known ?? (alone[request] === 1 ? any : undefined);
    },
  };
}

/** eventfd_read has no argument that names it; the system call it serves has, which serves no other. */
function descriptorsOfReads(machine: Occurrences): Float64Array {
  const calls = machine.of('sys_enter_read');
  const reads = machine.of('eventfd_read');
  const latest = new LatestRows();
  const descriptor = new Float64Array(reads.rows.length);
  let call = 0;
  for (let at = 0; at < descriptor.length; at++) {
    for (; call < calls.rows.length && calls.rows[call]! < reads.rows[at]!; call++)
      latest.set(calls.tid[call]!, call);
    const own = latest.get(reads.tid[at]!);
    descriptor[at] = own === NO_ROW ? Number.NaN : calls.tag[own]!;
    latest.set(reads.tid[at]!, NO_ROW);
  }
  return descriptor;
}

function learn(
  machine: Occurrences,
  descriptor: Float64Array,
  backend: ReadonlySet<number>,
  span: TimeSpan,
  isLossy: boolean,
): ReadonlyMap<number, number> {
  const { tid, ts } = machine.of('eventfd_read');
  const serves = new ThreadSet(backend);
  const reads = new Map<number, { count: number }>();
  let [fd, own] = [Number.NaN, { count: 0 }];
  for (let at = 0; at < tid.length; at++) {
    if (!serves.has(tid[at]!) || !isWithin(span, ts[at]!)) continue;
    if (descriptor[at] !== fd) {
      fd = descriptor[at]!;
      own = reads.get(fd) ?? { count: 0 };
      reads.set(fd, own);
    }
    own.count++;
  }
  const share = ({ fd, explained }: Fit) => explained / reads.get(fd)!.count;
  const isExplained = (fit: Fit) => fit.explained >= LEAST_READS && share(fit) >= LEAST_EXPLAINED;
  const rivals = fitsOf(machine, descriptor, backend, span)
    .filter((fit) => (isLossy ? share(fit) >= LEAST_OF_LOSSY : isExplained(fit)))
    .map((fit) => ({ ...fit, latency: median(fit.latencies) }));
  const pairs = rivals.filter(isExplained);
  // Of all that share one of its halves it has to be by far the closest.
  const clear = pairs.filter(({ id, fd, latency }) =>
    rivals.every((other) => (other.id === id) === (other.fd === fd) || other.latency >= latency * LEAST_LEAD),
  );
  return new Map(clear.map(({ id, fd }) => [id, fd]));
}

function isWithin({ from, to }: TimeSpan, time: number): boolean {
  return time >= from && time <= to;
}

/** All pairs of an eventfd and a descriptor of which a read may have drained a signal. */
function fitsOf(
  machine: Occurrences,
  descriptor: Float64Array,
  backend: ReadonlySet<number>,
  span: TimeSpan,
): Fit[] {
  const event = machine.count('eventfd_signal') > 0 ? 'eventfd_signal' : 'eventfd_signal_mask';
  const signals = machine.of(event);
  const reads = machine.of('eventfd_read');
  const serves = new ThreadSet(backend);
  /** Eventfd id → its place among the ids; the id and the time of its last signal there. */
  const places = new Map<number, number>();
  const ids: number[] = [];
  const lastSignal = new Float64Array(MOST_IDS);
  /** Descriptor → its last read, and how its reads follow the signals of each id. */
  const known = new Map<number, { at: number; readonly fits: (Fit | undefined)[] }>();
  let signal = 0;
  for (let at = 0; at < reads.rows.length; at++) {
    for (; signal < signals.rows.length && signals.rows[signal]! < reads.rows[at]!; signal++) {
      const id = signals.tag[signal]!;
      let place = places.get(id);
      if (place === undefined && places.size < MOST_IDS && !Number.isNaN(id)) {
        place = ids.push(id) - 1;
        places.set(id, place);
      }
      if (place !== undefined) lastSignal[place] = signals.ts[signal]!;
    }
    const fd = descriptor[at]!;
    if (!serves.has(reads.tid[at]!) || Number.isNaN(fd) || !isWithin(span, reads.ts[at]!)) continue;
    const ts = reads.ts[at]!;
    let own = known.get(fd);
    if (own === undefined) {
      own = { at: Number.NEGATIVE_INFINITY, fits: [] };
      known.set(fd, own);
    }
    for (let place = 0; place < ids.length; place++) {
      if (lastSignal[place]! <= own.at) continue;
      const fit = own.fits[place] ?? { id: ids[place]!, fd, explained: 0, latencies: [] };
      own.fits[place] = fit;
      fit.explained++;
      if (fit.latencies.length < MOST_LATENCIES) fit.latencies.push(ts - lastSignal[place]!);
    }
    own.at = ts;
  }
  return [...known.values()].flatMap(({ fits }) => fits.filter((fit) => fit !== undefined));
}

function median(values: readonly number[]): number {
  const own = [...values];
  quickselect(own, own.length >> 1);
  return own[own.length >> 1]!;
}
