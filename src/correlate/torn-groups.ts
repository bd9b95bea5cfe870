import type { IoPath } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Followed } from './follow.ts';

/** A set of points that cannot come apart. Where they do, the tracer lost events without saying so. */
export interface TornGroup {
  readonly name: string;
  readonly point: PointId;
  /** Requests that have another point of the group and not this one; 0: it did not come apart. */
  readonly missing: number;
  readonly of: number;
}

/**
 * Points that must come together and do not. One or two such requests are quarantined each; when there are many, their
 * stages are merged, and this is where the loss is named and counted.
 */
export function tornGroups(path: IoPath, followed: Followed, requests: Int32Array): TornGroup[] {
  const torn: TornGroup[] = [];
  for (const { name, members, absence } of path.groups) {
    if (absence !== undefined) continue;
    const recorded = members.filter((point) => followed.recorded.has(point));
    const columns = recorded.map((point) => followed.rows.get(point));
    for (const [own, point] of recorded.entries()) {
      const others = columns.flatMap((rows, at) => (at === own || rows === undefined ? [] : [rows]));
      const { missing, of } = without(columns[own], others, requests);
      if (of > 0) torn.push({ name, point, missing, of });
    }
  }
  return torn;
}

/** How many requests have one of several points, and how many of those another one not. */
function without(
  own: Int32Array | undefined,
  others: readonly Int32Array[],
  requests: Int32Array,
): Pick<TornGroup, 'missing' | 'of'> {
  let missing = 0;
  let of = 0;
  for (let at = 0; at < requests.length; at++) {
    const request = requests[at]!;
    if (!hasAny(others, request)) continue;
    of++;
    if (own === undefined || own[request] === NO_ROW) missing++;
  }
  return { missing, of };
}

function hasAny(columns: readonly Int32Array[], request: number): boolean {
  for (let at = 0; at < columns.length; at++) if (columns[at]![request] !== NO_ROW) return true;
  return false;
}
