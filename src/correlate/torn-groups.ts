import type { IoPath } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Followed } from './follow.ts';

/** A set of points that cannot come apart, and did: the tracer lost events without saying so. */
export interface TornGroup {
  readonly name: string;
  readonly point: PointId;
  /** Requests that have another point of the group and not this one. */
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
    const has = (point: PointId, request: number) =>
      (followed.rows.get(point)?.[request] ?? NO_ROW) !== NO_ROW;
    for (const point of recorded) {
      const others = requests.filter((request) =>
        recorded.some((other) => other !== point && has(other, request)),
      );
      const missing = others.filter((request) => !has(point, request)).length;
      if (missing > 0) torn.push({ name, point, missing, of: others.length });
    }
  }
  return torn;
}
