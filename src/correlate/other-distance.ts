/**
 * Requests whose host request lies at another distance in time than those of all others: a machine's clock was set between
 * them. Enters: requests of guest and host, of which those at the usual distance are paired. Leaves: how far the others are.
 */
import type { EventTable } from '../trace/event-table.ts';
import { placesOf } from '../trace/places.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import type { HostRequests, Shares } from './host-shares.ts';
import type { SectorIndex } from './sector-index.ts';

/** A distance that several requests have, none of which has the usual one. */
export interface OtherDistance {
  readonly requests: number;
  /** Guest time − host time. */
  readonly offset: number;
}

/** Fewer requests at one other distance than this, or than this share of those at any, are there by chance. */
const LEAST_REQUESTS = 3;
const LEAST_SHARE = 0.5;
/** A clock that is set has one distance before and another after: so few may be on the wrong side, as a share. */
const MOST_MIXED = 0.1;
/** Requests of one sector on the host that are looked through. */
const MOST_OF_SECTOR = 8;

/** A request of the guest that has no host request, and the only one of its sector on the host that is nobody's. */
interface Pair {
  readonly guestTs: number;
  readonly hostTs: number;
  readonly offset: number;
}

/** The other distance, within `reach`; undefined where there is none. */
export function otherDistance(
  guestTable: EventTable,
  guest: AppRequests,
  hosts: HostRequests,
  bySector: SectorIndex,
  { issue }: Shares,
  reach: number,
): OtherDistance | undefined {
  const lone = placesOf(issue, NO_ROW);
  if (lone.length < LEAST_REQUESTS || lone.length === guest.length) return undefined;
  const taken = new Uint8Array(hosts.table.length);
  for (let request = 0; request < issue.length; request++)
    if (issue[request] !== NO_ROW) taken[issue[request]!] = 1;
  const pairs: Pair[] = [];
  for (const request of lone) {
    const row = guest.issue[request]!;
    const index = onlyFree(guestTable.tag[row]!, hosts, bySector, taken);
    if (index === undefined) continue;
    const [guestTs, hostTs] = [guestTable.ts[row]!, hosts.ts[index]!];
    pairs.push({ guestTs, hostTs, offset: guestTs - hostTs });
  }
  const crowd = largestCrowd(pairs, reach);
  if (crowd.length < Math.max(LEAST_REQUESTS, pairs.length * LEAST_SHARE)) return undefined;
  const guestTimes = Float64Array.from(guest.issue, (row) => guestTable.ts[row]!);
  const hostTimes = Float64Array.from(issue, (row) => (row === NO_ROW ? Number.NaN : hosts.table.ts[row]!));
  for (const request of lone) guestTimes[request] = Number.NaN;
  const inGuest = sideOf(
    crowd.map(({ guestTs }) => guestTs),
    guestTimes,
  );
  const inHost = sideOf(
    crowd.map(({ hostTs }) => hostTs),
    hostTimes,
  );
  if (inGuest === undefined || inGuest !== inHost) return undefined;
  return { requests: crowd.length, offset: crowd[crowd.length >> 1]!.offset };
}

function onlyFree(
  sector: number,
  { requests }: HostRequests,
  bySector: SectorIndex,
  taken: Uint8Array,
): number | undefined {
  bySector.seek(sector);
  if (bySector.behind - bySector.first > MOST_OF_SECTOR) return undefined;
  let only: number | undefined;
  for (let at = bySector.first; at < bySector.behind; at++) {
    const index = bySector.positions[at]!;
    if (taken[requests.issue[index]!] === 1) continue;
    if (only !== undefined) return undefined;
    only = index;
  }
  return only;
}

/** Most pairs whose offsets lie within `reach` of each other. */
function largestCrowd(pairs: readonly Pair[], reach: number): readonly Pair[] {
  const sorted = [...pairs].sort((a, b) => a.offset - b.offset);
  let [first, behind] = [0, 0];
  for (let start = 0, end = 0; start < sorted.length; start++) {
    while (end < sorted.length && sorted[end]!.offset - sorted[start]!.offset <= reach) end++;
    if (end - start > behind - first) [first, behind] = [start, end];
  }
  return sorted.slice(first, behind);
}

/** Whether times lie before or behind all others (NaN: not one of them); undefined where they are among them. */
function sideOf(times: readonly number[], others: Float64Array): 'before' | 'behind' | undefined {
  const from = times.reduce((a, b) => Math.min(a, b));
  const to = times.reduce((a, b) => Math.max(a, b));
  let [before, behind, among] = [0, 0, 0];
  for (const time of others) {
    if (time < from) before++;
    else if (time > to) behind++;
    else if (time >= from) among++;
  }
  if (among > times.length * MOST_MIXED) return undefined;
  const most = (before + behind) * MOST_MIXED;
  return behind <= most ? 'behind' : before <= most ? 'before' : undefined;
}
