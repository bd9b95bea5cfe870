/** Who takes part in the requests of a guest on its host: block requests there, vCPU threads, threads that serve the disk. */
import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import { type HostMatch, type KnownShift, matchHostRequests } from './host-requests.ts';
import { backendThreads, vcpuThreads } from './threads.ts';
import { BACKEND } from './windows.ts';

/** A column of no rows. */
export const noRows = (length: number) => new Int32Array(length).fill(NO_ROW);

/** Who takes part on the host, and the host's request of each of the guest's. */
export interface Actors {
  readonly hostTable: EventTable | undefined;
  readonly host: Occurrences | undefined;
  readonly match: HostMatch | undefined;
  readonly vcpus: ReadonlyMap<number, number>;
  readonly backend: ReadonlySet<number>;
}

/** Looks for them; nothing is found where no host is beside the guest. `known`: of another part of the recording. */
export function findActors(
  appTable: EventTable,
  requests: AppRequests,
  host: Occurrences | undefined,
  facts: RecordingFacts,
  known?: KnownShift | undefined,
): Actors {
  const hostTable = host?.table;
  if (host === undefined) return { hostTable, host, match: undefined, vcpus: new Map(), backend: new Set() };
  const match = matchHostRequests(appTable, requests, host, known);
  const backend = backendThreads(host, match?.issue ?? noRows(requests.length), facts);
  return { hostTable, host, match, vcpus: vcpuThreads(host, facts, backend), backend };
}

/** The thread that served each request; see Scene. */
export function servedBy(
  hostIssue: Int32Array,
  host: EventTable | undefined,
  backend: ReadonlySet<number>,
): Float64Array {
  const threads = new Float64Array(hostIssue.length).fill(BACKEND);
  if (host === undefined) return threads;
  for (let request = 0; request < threads.length; request++) {
    const row = hostIssue[request]!;
    if (row !== NO_ROW && backend.has(host.tid[row]!)) threads[request] = host.tid[row]!;
  }
  return threads;
}
