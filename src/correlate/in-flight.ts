import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';

/** How many requests were in flight, and which request never shared the device with another. */
export interface InFlight {
  /** 1 for a request during whose issue … completion no other was in flight. */
  readonly alone: Uint8Array;
  readonly most: number;
  /** Time-weighted mean over the time in which at least one was in flight. */
  readonly mean: number;
}

/** Requests in flight between issue and completion on their own machine. */
export function inFlight(table: EventTable, requests: AppRequests): InFlight {
  const alone = new Uint8Array(requests.length).fill(1);
  let latestEnd = Number.NEGATIVE_INFINITY;
  let latest = -1;
  const begins = new Float64Array(requests.length);
  const ends = new Float64Array(requests.length);
  let busy = 0;
  let covered = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (let request = 0; request < requests.length; request++) {
    const begin = table.ts[requests.issue[request]!]!;
    const completed = requests.complete[request]!;
    const end = completed === NO_ROW ? begin : table.ts[completed]!;
    if (begin < latestEnd) {
      alone[request] = 0;
      alone[latest] = 0;
    }
    if (end >= latestEnd) {
      latestEnd = end;
      latest = request;
    }
    begins[request] = begin;
    ends[request] = end;
    total += end - begin;
    busy += Math.max(0, end - Math.max(begin, covered));
    covered = Math.max(covered, end);
  }
  return { alone, most: mostAtOnce(begins.sort(), ends.sort()), mean: busy === 0 ? 0 : total / busy };
}

/** From begins and ends, each in order of time; an end at the time of a begin comes first. */
function mostAtOnce(begins: Float64Array, ends: Float64Array): number {
  let most = 0;
  let ended = 0;
  begins.forEach((begin, begun) => {
    while (ended < ends.length && ends[ended]! <= begin) ended++;
    most = Math.max(most, begun + 1 - ended);
  });
  return most;
}
