/**
 * Where events are missing, a call's beginning and a later request of its task may be all that is left of two calls, and a request's
 * completion and a later call's end. Enters: requests with the rows of their calls and ends. Leaves: positions of the requests before
 * whose issue, or behind whose completion, a whole other request has room.
 */
import type { EventTable } from '../trace/event-table.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';

/** Positions of requests. */
export interface HiddenTurns {
  readonly beforeIssue: readonly number[];
  readonly behindCompletion: readonly number[];
}

/** With room for another in more than this share of the requests, as where they wait to be handed out, it is no sign. */
const MOST_WITH_ROOM = 0.2;

/** Of requests that were followed on their own machine. */
export function hiddenTurns(
  {
    submit,
    issue,
    complete,
    return: returned,
  }: Pick<AppRequests, 'submit' | 'issue' | 'complete' | 'return'>,
  { ts }: Pick<EventTable, 'ts'>,
): HiddenTurns {
  const between = (from: Int32Array, to: Int32Array, request: number) =>
    from[request] === NO_ROW || to[request] === NO_ROW ? Number.NaN : ts[to[request]!]! - ts[from[request]!]!;
  let shortest = Number.POSITIVE_INFINITY;
  for (let request = 0; request < issue.length; request++) {
    const turn = between(submit, complete, request);
    if (turn < shortest) shortest = turn;
  }
  const withRoom = (from: Int32Array, to: Int32Array) => {
    const found = [...issue.keys()].filter((request) => between(from, to, request) >= shortest);
    return found.length > issue.length * MOST_WITH_ROOM ? [] : found;
  };
  return { beforeIssue: withRoom(submit, issue), behindCompletion: withRoom(complete, returned) };
}
