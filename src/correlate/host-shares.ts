/**
 * Requests of guest and host that are not one to one: several of the guest's in one of the host's because QEMU or the host
 * merged them, and one of the guest's in several of the host's because the drive takes less at once.
 */
import { requestSectors } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import type { HostFlights } from './host-flights.ts';
import type { SectorIndex } from './sector-index.ts';

/** The host's requests of one device, in order of their issue. */
export interface HostRequests {
  readonly table: EventTable;
  readonly requests: HostFlights;
  /** First sector of each as the guest counts them, and when it was issued. */
  readonly sectors: Float64Array;
  readonly ts: Float64Array;
}

/** Per guest request the host's row that issued the first of it, and the row that completed the last; NO_ROW without. */
export interface Shares {
  readonly issue: Int32Array;
  readonly complete: Int32Array;
}

export interface Offset {
  /** Guest time − host time around a guest time. */
  at(guestTs: number): number;
  /** How far a pair may be from it. */
  readonly reach: number;
}

/**
 * A guest request whose host request `first` is shorter than its `sectors`: it is complete with the last of its parts, and not
 * at all when one of them, or its completion, is not there.
 */
export function joinParts(
  { table, requests, sectors: starts, ts }: HostRequests,
  bySector: SectorIndex,
  first: number,
  sectors: number,
  reach: number,
  { issue, complete }: Shares,
  request: number,
): void {
  const start = starts[first]!;
  let covered = 0;
  let part: number | undefined = first;
  while (part !== undefined) {
    const issued: number = requests.issue[part]!;
    const completed: number = requests.complete[part]!;
    if (issued < issue[request]!) issue[request] = issued;
    const length = requestSectors(table.aux[issued]!);
    if (completed === NO_ROW || length === 0) break;
    if (completed > complete[request]!) complete[request] = completed;
    covered += length;
    if (covered >= sectors) return;
    bySector.seek(start + covered);
    part = nearestOf(bySector.positions, bySector.first, bySector.behind, ts, ts[first]!, reach);
  }
  complete[request] = NO_ROW;
}

/** Requests without a host request of their own that lie inside a longer one in flight at their time were merged. */
export function joinMerged(
  guestTable: EventTable,
  guest: AppRequests,
  { table, requests: host, sectors: starts, ts }: HostRequests,
  offset: Offset,
  { issue, complete }: Shares,
): number {
  const lone: number[] = [];
  for (let request = 0; request < issue.length; request++) if (issue[request] === NO_ROW) lone.push(request);
  if (lone.length === 0) return 0;
  const sectorsOf = (request: number) => requestSectors(guestTable.aux[guest.issue[request]!]!);
  const shortest = lone.reduce(
    (least, request) => Math.min(least, sectorsOf(request)),
    Number.POSITIVE_INFINITY,
  );
  const lengthOf = (index: number) => requestSectors(table.aux[host.issue[index]!]!);
  const long: number[] = [];
  for (let index = 0; index < host.issue.length; index++) if (lengthOf(index) > shortest) long.push(index);
  let merged = 0;
  for (const request of lone) {
    const row = guest.issue[request]!;
    const sector = guestTable.tag[row]!;
    const sectors = sectorsOf(request);
    const expected = guestTable.ts[row]! - offset.at(0);
    const first = firstFrom(long, ts, expected - offset.reach);
    const around: number[] = [];
    for (let at = first; at < long.length && ts[long[at]!]! <= expected + offset.reach; at++) {
      const index = long[at]!;
      const start = starts[index]!;
      if (start <= sector && sector + sectors <= start + lengthOf(index)) around.push(index);
    }
    const index = nearestOf(around, 0, around.length, ts, expected, offset.reach);
    if (index === undefined) continue;
    issue[request] = host.issue[index]!;
    complete[request] = host.complete[index]!;
    merged++;
  }
  return merged;
}

/** First position in `indices`, whose times ascend, that is not before a time. */
function firstFrom(indices: readonly number[], ts: Float64Array, time: number): number {
  let low = 0;
  let high = indices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ts[indices[middle]!]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of indices[first, behind) the one nearest to a time, of several the last; undefined where none is within reach. */
export function nearestOf(
  indices: ArrayLike<number>,
  first: number,
  behind: number,
  ts: Float64Array,
  expected: number,
  reach: number,
): number | undefined {
  let best: number | undefined;
  let bestMiss = reach;
  for (let at = first; at < behind; at++) {
    const index = indices[at]!;
    const miss = Math.abs(ts[index]! - expected);
    if (miss <= bestMiss) {
      best = index;
      bestMiss = miss;
    }
  }
  return best;
}
