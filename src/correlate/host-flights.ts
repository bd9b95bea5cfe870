/** Block requests of the host's devices: only where each was issued and completed, not who asked or who was told. */
import { kindId } from '../../parsers/event-kinds.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { Flights } from './flights.ts';

/** Requests of one device, in the order of their issue; NO_ROW for a completion that was not observed. */
export interface HostFlights {
  readonly length: number;
  /** Packed device of all of them. */
  readonly device: number;
  readonly issue: Int32Array;
  readonly complete: Int32Array;
}

const ISSUE = kindId('block_rq_issue');
const COMPLETE = kindId('block_rq_complete');

/** Rows of block events in order of time; for `hostFlights`, which may be asked for several devices. */
export function blockRows(machine: Occurrences): Uint32Array {
  const ends = merge(machine.rows('block_rq_requeue'), machine.rows('block_rq_complete'));
  return merge(machine.rows('block_rq_issue'), ends);
}

/** The requests of one device. `rows` are the machine's `blockRows`. */
export function hostFlights(machine: Occurrences, rows: Uint32Array, device: number): HostFlights {
  const { table } = machine;
  const flights = new Flights(table, device, machine.count('block_rq_issue'));
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    if (!flights.isOurs(row)) continue;
    const kind = table.kind[row]!;
    if (kind === ISSUE) flights.issue(row);
    else if (kind === COMPLETE) flights.complete(row);
    else flights.requeue(row);
  }
  const issue = flights.kept(flights.issued);
  const complete = flights.kept(flights.completed);
  return { length: issue.length, device, issue, complete };
}

/** Two ascending lists of different rows as one. */
function merge(a: Uint32Array, b: Uint32Array): Uint32Array {
  const merged = new Uint32Array(a.length + b.length);
  for (let at = 0, left = 0, right = 0; at < merged.length; at++) {
    const takesLeft = right >= b.length || (left < a.length && a[left]! < b[right]!);
    merged[at] = takesLeft ? a[left++]! : b[right++]!;
  }
  return merged;
}
