/**
 * The machine the application runs on, by itself: its disk, and the requests it made there. No other machine is looked at, so
 * that it can be followed while another is still being read.
 */
import type { EventTable } from '../trace/event-table.ts';
import { indexOccurrences, type Occurrences, pick } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { type AppRequests, busyDevices, followAppRequests } from './app-requests.ts';
import { type ApplicationLog, type ApplicationMatch, type Asked, matchApplication } from './application.ts';
import { type InFlight, inFlight } from './in-flight.ts';
import { appSide, type Side } from './side.ts';

export interface AppMachine {
  readonly app: Side;
  /** Packed device of the disk. */
  readonly device: number;
  readonly seen: AppRequests;
  readonly concurrent: InFlight;
  /** The application's own log, and which of its lines is which request. */
  readonly logged: LoggedRequests | undefined;
}

export interface LoggedRequests {
  readonly log: ApplicationLog;
  readonly match: ApplicationMatch;
}

/** What keeps a recording from being followed at all. */
export interface NotFollowed {
  readonly failure: string;
  /** True where no request was issued: a stretch in which the disk was idle looks so. */
  readonly isIdle?: boolean | undefined;
}

export interface AppMachineInput {
  /** In order of time, ns. */
  readonly table: EventTable | undefined;
  /** Packed device asked for; undefined = the busiest, or the one with the log's sectors. */
  readonly device: number | undefined;
  /** The application's own log; its sectors tell its disk from others. */
  readonly log: ApplicationLog | undefined;
  /** Events are missing somewhere. */
  readonly isIncomplete: boolean;
}

/** Follows the disk's requests from issue to completion, and who asked for them. */
export function appMachine({
  table,
  device: asked,
  log,
  isIncomplete,
}: AppMachineInput): AppMachine | NotFollowed {
  if (table === undefined || table.length === 0)
    return { failure: 'the recording holds no events', isIdle: true };
  const app = appSide(indexOccurrences(table));
  const device = asked ?? likeliestDevice(app.occurrences, log);
  if (device === undefined)
    return {
      failure: 'no block request was issued in the recording of the application’s machine',
      isIdle: true,
    };
  const seen = followAppRequests(app.occurrences, device, isIncomplete);
  if (seen.length === 0) return { failure: 'no block request was issued to that device', isIdle: true };
  return {
    app,
    device,
    seen,
    concurrent: inFlight(table, seen),
    logged: log && { log, match: matchApplication(askedOf(table, seen), log) },
  };
}

/** Sector of each request, and the first time that is known of it. */
function askedOf({ ts, tag }: EventTable, { length, submit, queue, getrq, issue }: AppRequests): Asked {
  const start = new Float64Array(length).fill(Number.NaN);
  for (const rows of [submit, queue, getrq, issue])
    for (let request = 0; request < length; request++)
      if (Number.isNaN(start[request]!) && rows[request] !== NO_ROW) start[request] = ts[rows[request]!]!;
  return { length, sector: pick(tag, issue), start };
}

function likeliestDevice(machine: Occurrences, log: ApplicationLog | undefined): number | undefined {
  const devices = busyDevices(machine);
  if (log === undefined || devices.length < 2) return devices[0]?.device;
  return busyDevices(machine, new Set(log.sector)).sort((a, b) => b.hits - a.hits)[0]?.device;
}
