/**
 * A guest's requests where only its host was recorded: each lasts until the next is submitted to the drive, so that together
 * they fill the time. Only requests that were alone have such a cycle of their own.
 */
import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import { APP_REJECTS } from './flights.ts';
import type { InFlight } from './in-flight.ts';

/** The same requests, ended by the submission of the next; those that share the drive are rejected. */
export function asCycles(table: EventTable, requests: AppRequests, { alone }: InFlight): AppRequests {
  const begin = (request: number) => {
    const submitted = requests.submit[request]!;
    return submitted === NO_ROW ? requests.issue[request]! : submitted;
  };
  const next = Int32Array.from(requests.issue, (_, request) =>
    request + 1 < requests.length ? begin(request + 1) : NO_ROW,
  );
  const reject = requests.reject.slice();
  for (let request = 0; request < requests.length; request++) {
    const row = next[request]!;
    const complete = requests.complete[request]!;
    if (reject[request] !== APP_REJECTS.none) continue;
    if (row === NO_ROW) reject[request] = APP_REJECTS.lastCycle;
    else if (alone[request] === 0 || table.ts[row]! < table.ts[complete]!)
      reject[request] = APP_REJECTS.noCycle;
  }
  const { length, device, submit, queue, getrq, insert, issue, complete, strays } = requests;
  // A literal as where they were found: those have one shape, see `eventTable`.
  return { length, device, submit, queue, getrq, insert, issue, complete, return: next, reject, strays };
}
