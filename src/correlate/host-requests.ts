/**
 * Finds the host's block request of each guest request by identity: the same sector, shifted by a constant where the
 * guest's disk is a partition. No clock relation is needed; the rhythm decides between equal sectors.
 */

import { requestSectors } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import { type Occurrences, pick } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { type AppRequests, busyDevices } from './app-requests.ts';
import { blockRows, type HostFlights, hostFlights } from './host-flights.ts';
import {
  type HostRequests,
  joinMerged,
  joinParts,
  nearestOf,
  type Offset,
  type Shares,
} from './host-shares.ts';
import { likeliestShift } from './likely-shift.ts';
import { otherDistance } from './other-distance.ts';
import { SectorIndex } from './sector-index.ts';
import { shiftByRhythm } from './shift-by-rhythm.ts';

export interface HostMatch {
  /** Packed device of the host's requests. */
  readonly device: number;
  /** Host sector − guest sector. */
  readonly shift: number;
  /** Guest requests with a host request. */
  readonly matched: number;
  /** Rows in the host table, NO_ROW without a host request. */
  readonly issue: Int32Array;
  readonly complete: Int32Array;
  /** Guest requests that share a host request because QEMU or the host merged them. */
  readonly merged: number;
  /** Where requests lie at two distances in time from their host requests: how far those are apart, ns. */
  readonly apartNs: number | undefined;
}

/** Devices tried at most, busiest first, and the share of guest requests that must be found. */
const MOST_DEVICES = 16;
const LEAST_SHARE = 0.3;
/** With so many of them found no other device can have noticeably more. */
const NEARLY_ALL = 0.99;

/** By how much sectors differ on a host device, where another part of the recording has told. */
export type KnownShift = Pick<HostMatch, 'device' | 'shift'>;

/** The host device whose requests carry the guest's sectors; undefined when none does. */
export function matchHostRequests(
  guestTable: EventTable,
  guest: AppRequests,
  hosts: Occurrences,
  known?: KnownShift | undefined,
): HostMatch | undefined {
  const hostTable = hosts.table;
  let best: HostMatch | undefined;
  const rows = blockRows(hosts);
  for (const { device } of busyDevices(hosts).slice(0, MOST_DEVICES)) {
    const host = hostFlights(hosts, rows, device);
    const shift = shiftOf(
      { table: guestTable, requests: guest },
      { table: hostTable, requests: host },
      known?.device === device ? known.shift : undefined,
    );
    const match = pairBySector(guestTable, guest, hostTable, host, shift);
    if (match.matched > (best?.matched ?? 0)) best = match;
    if (match.matched >= guest.length * NEARLY_ALL) break;
  }
  return best !== undefined && best.matched >= guest.length * LEAST_SHARE ? best : undefined;
}

interface Issued {
  readonly table: EventTable;
  readonly requests: HostFlights;
}

/** By the sectors alone, where they tell; else by when they are asked for. */
function shiftOf(guest: Issued, host: Issued, known: number | undefined): number {
  const own = sectorsOf(guest.table, guest.requests);
  const other = sectorsOf(host.table, host.requests);
  const { shift, isAlone } = likeliestShift(own, other, known);
  if (isAlone) return shift;
  const timed = ({ table, requests }: Issued, sectors: Float64Array) => ({
    ts: pick(table.ts, requests.issue),
    sectors,
  });
  return shiftByRhythm(timed(guest, own), timed(host, other)) ?? shift;
}

/** Sectors of the requests' issue rows. */
function sectorsOf(table: EventTable, requests: HostFlights): Float64Array {
  return pick(table.tag, requests.issue);
}

/** Pairs in the order of both sides: among host requests of one sector the one at the usual distance in time. */
function pairBySector(
  guestTable: EventTable,
  guest: AppRequests,
  hostTable: EventTable,
  host: HostFlights,
  shift: number,
): HostMatch {
  const hostTs = pick(hostTable.ts, host.issue);
  const sectors = sectorsOf(hostTable, host);
  for (let index = 0; index < sectors.length; index++) sectors[index]! -= shift;
  const bySector = new SectorIndex(sectors, hostTs);
  const hosts: HostRequests = { table: hostTable, requests: host, sectors, ts: hostTs };
  const offset = usualOffset(guestTable, guest, hostTs, bySector);
  const shares: Shares = {
    issue: new Int32Array(guest.length).fill(NO_ROW),
    complete: new Int32Array(guest.length).fill(NO_ROW),
  };
  const { issue, complete } = shares;
  let matched = 0;
  let next = 0;
  for (let request = 0; request < guest.length; request++) {
    const row = guest.issue[request]!;
    const expected = guestTable.ts[row]! - offset.at(guestTable.ts[row]!);
    const reach = reachOf(guestTable, guest, request, offset);
    let index: number | undefined = next;
    // One at a time they are mostly issued in one order; the index, all over memory, is asked for the others.
    if (!isNearest(sectors, hostTs, next, guestTable.tag[row]!, expected, reach)) {
      bySector.seekNear(guestTable.tag[row]!, expected, reach);
      index = nearestOf(bySector.positions, bySector.first, bySector.behind, hostTs, expected, reach);
    }
    if (index === undefined) continue;
    next = index + 1;
    issue[request] = host.issue[index]!;
    complete[request] = host.complete[index]!;
    const asked = requestSectors(guestTable.aux[row]!);
    const own = requestSectors(hostTable.aux[host.issue[index]!]!);
    // Not every tracer records lengths; without one a request is taken to be whole.
    if (own > 0 && own < asked) joinParts(hosts, bySector, index, asked, offset.reach, shares, request);
    matched++;
  }
  const merged = joinMerged(guestTable, guest, hosts, offset, shares);
  const other = otherDistance(guestTable, guest, hosts, bySector, shares, offset.reach);
  const apartNs = other === undefined ? undefined : Math.abs(other.offset - offset.at(0));
  return { device: host.device, shift, matched: matched + merged, issue, complete, merged, apartNs };
}

/** Whether a host request is of a sector, within reach of a time, and no other of that sector is as near to it. */
function isNearest(
  sectors: Float64Array,
  ts: Float64Array,
  index: number,
  sector: number,
  expected: number,
  reach: number,
): boolean {
  if (index >= ts.length || sectors[index] !== sector) return false;
  const miss = Math.abs(ts[index]! - expected);
  if (!(miss <= reach)) return false;
  for (let before = index - 1; before >= 0 && expected - ts[before]! <= miss; before--)
    if (sectors[before] === sector) return false;
  for (let behind = index + 1; behind < ts.length && ts[behind]! - expected <= miss; behind++)
    if (sectors[behind] === sector) return false;
  return true;
}

/** Host requests of one sector that are looked at, and guest requests: so many tell the usual distance as well as all. */
const MOST_CANDIDATES = 8;
const MOST_ASKED = 4096;

/**
 * Where the offsets of equal-sector pairs crowd: the window with most different guest requests in it, as wide as the
 * longest request and a drift of 500 ppm over the recording make it.
 */
function usualOffset(
  guestTable: EventTable,
  guest: AppRequests,
  hostTs: Float64Array,
  bySector: SectorIndex,
): Offset {
  const step = Math.max(1, Math.ceil(guest.length / MOST_ASKED));
  const offsets = new Float64Array(Math.ceil(guest.length / step) * MOST_CANDIDATES);
  let known = 0;
  for (let request = 0; request < guest.length; request += step) {
    const row = guest.issue[request]!;
    bySector.seek(guestTable.tag[row]!);
    const behind = Math.min(bySector.behind, bySector.first + MOST_CANDIDATES);
    for (let at = bySector.first; at < behind; at++)
      offsets[known++] = guestTable.ts[row]! - hostTs[bySector.positions[at]!]!;
  }
  const sorted = offsets.subarray(0, known).sort();
  const reach = longestUsual(guestTable, guest) + spanOf(guestTable, guest) * 5e-4;
  let best = { count: 0, middle: 0 };
  for (let start = 0, end = 0; start < sorted.length; start++) {
    while (end < sorted.length && sorted[end]! - sorted[start]! <= reach) end++;
    if (end - start > best.count) best = { count: end - start, middle: sorted[(start + end - 1) >> 1]! };
  }
  return { at: () => best.middle, reach };
}

/** A slow request's host request may be as far from the usual distance as the request is long. */
function reachOf(table: EventTable, requests: AppRequests, request: number, offset: Offset): number {
  const completed = requests.complete[request]!;
  if (completed === NO_ROW) return offset.reach;
  return Math.max(offset.reach, table.ts[completed]! - table.ts[requests.issue[request]!]!);
}

/** Duration that nearly all requests stay below. */
function longestUsual(table: EventTable, requests: AppRequests): number {
  const step = Math.max(1, Math.ceil(requests.length / MOST_ASKED));
  const all = new Float64Array(Math.ceil(requests.length / step));
  let known = 0;
  for (let request = 0; request < requests.length; request += step) {
    const row = requests.complete[request]!;
    if (row !== NO_ROW) all[known++] = table.ts[row]! - table.ts[requests.issue[request]!]!;
  }
  const durations = all.subarray(0, known).sort();
  return durations[Math.floor(durations.length * 0.98)] ?? 1e6;
}

function spanOf(table: EventTable, requests: AppRequests): number {
  if (requests.length === 0) return 0;
  return table.ts[requests.issue.at(-1)!]! - table.ts[requests.issue[0]!]!;
}
