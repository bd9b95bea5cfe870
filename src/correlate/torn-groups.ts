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
      const others = columns.filter((rows, at) => at !== own && rows !== undefined);
      let missing = 0;
      let of = 0;
      for (let at = 0; at < requests.length; at++) {
        const request = requests[at]!;
        if (!others.some((rows) => rows![request] !== NO_ROW)) continue;
        of++;
        if ((columns[own]?.[request] ?? NO_ROW) === NO_ROW) missing++;
      }
      if (of > 0) torn.push({ name, point, missing, of });
    }
  }
  return torn;
}
