/**
 * Requests of a disk that its host has and the guest's recording lacks. Where that recording is known to be incomplete, events of the
 * guest are missing at their time, also where no pair of them is broken: the end of one call and the beginning of the next.
 */
import { requestSectors } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import type { Gap } from '../trace/gaps.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Actors } from './actors.ts';
import type { AppRequests } from './app-requests.ts';
import { blockRows, hostFlights } from './host-flights.ts';
import type { SideDoubts } from './near-gaps.ts';

/** The doubts with what the host shows of the guest's missing events. `appTable` holds the guest's rows. */
export function withUnseen(
  doubts: SideDoubts,
  { host, match, backend }: Actors,
  appTable: EventTable,
  requests: AppRequests,
): SideDoubts {
  if (!doubts.app.isIncomplete || host === undefined || match === undefined) return doubts;
  const { ts, tid, aux } = host.table;
  const seen = new Set(match.issue);
  const shortest = requests.issue.reduce(
    (least, row) => Math.min(least, requestSectors(appTable.aux[row]!)),
    Number.POSITIVE_INFINITY,
  );
  const flights = hostFlights(host, blockRows(host), match.device);
  const gaps: Gap[] = [];
  for (const [flight, issue] of flights.issue.entries()) {
    // A shorter one is a part of a request; what other threads ask of the disk is none of the guest's.
    if (seen.has(issue) || !backend.has(tid[issue]!) || requestSectors(aux[issue]!) < shortest) continue;
    const complete = flights.complete[flight]!;
    const to = ts[complete === NO_ROW ? issue : complete]!;
    gaps.push({ from: ts[issue]!, to, tid: undefined, cpu: undefined, missing: 'a request of the host' });
  }
  return { ...doubts, host: { ...doubts.host, found: [...doubts.host.found, ...gaps] } };
}
