/**
 * Points that many requests have no row of though the host passed by them as often: what is looked for lies elsewhere than the
 * clocks' relation says. Enters: requests followed with it. Leaves: the point, where there is one. Where requests have no sector on
 * the host, little else tells that a clock was set.
 */
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { IoPath } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Followed } from './follow.ts';
import type { Scene } from './scene.ts';

/** A point, and how many requests have no row of it. */
export interface MissedPoint {
  readonly point: PointId;
  readonly requests: number;
}

/**
 * What happens once for each request that takes the way at all, and is told from other disks' by what it carries. How a CPU sleeps
 * and wakes beside that may change while a recording goes on.
 */
const ONCE: readonly PointId[] = [
  ...(['vfio:irq', 'vfio:handler', 'vfio:signal', 'kvm:irqfd', 'kvm:inject'] as const),
  ...(['backend:pickup', 'backend:block', 'backend:push'] as const),
];

/** Fewer requests without a row than this, or than this share of all, are exceptions. */
const LEAST_REQUESTS = 4;
const LEAST_SHARE = 0.08;

/** Rows that are no request's are at least so many times as many as requests without one. */
const LEAST_LEFT = 0.5;

/** The first such point. Only requests that were alone are asked, and only where nothing is known to be missing. */
export function missedPoint(scene: Scene, followed: Followed): MissedPoint | undefined {
  if (scene.host === undefined || scene.isLossy) return undefined;
  const passedBy = maybePassedBy(scene.path);
  for (const point of ONCE) {
    if (passedBy.has(point)) continue;
    const rows = followed.rows.get(point);
    if (rows === undefined) continue;
    const requests = requestsWithout(scene, rows);
    if (requests > 0 && rowsLeft(scene, rows) >= requests * LEAST_LEFT) return { point, requests };
  }
  return undefined;
}

/** Points that a request may go without: an interrupt, say, that comes when its completion has been found already, and is nobody's then. */
function maybePassedBy({ groups, bypasses }: IoPath): ReadonlySet<PointId> {
  const optional = groups.filter(({ absence, allOrNone }) => absence !== undefined && allOrNone !== true);
  return new Set([
    ...optional.flatMap(({ members }) => members),
    ...bypasses.flatMap(({ points }) => points),
  ]);
}

/** How many of the requests that were alone have no row of a point; 0 where they are exceptions, or all. */
function requestsWithout({ alone }: Scene, rows: Int32Array): number {
  let [all, without] = [0, 0];
  for (let request = 0; request < rows.length; request++) {
    if (alone[request] !== 1) continue;
    all++;
    if (rows[request] === NO_ROW) without++;
  }
  return without < all && without >= Math.max(LEAST_REQUESTS, all * LEAST_SHARE) ? without : 0;
}

/** How many rows like those that requests have are nobody's, from the first request to the last. */
function rowsLeft({ host, requests, app, alone, backend }: Scene, rows: Int32Array): number {
  const { table, occurrences } = host!;
  const taken = new Uint8Array(table.length);
  const tags = new Map<number, Set<number>>();
  for (const row of rows) {
    if (row === NO_ROW) continue;
    taken[row] = 1;
    const own = tags.get(table.kind[row]!) ?? new Set();
    tags.set(table.kind[row]!, own.add(table.tag[row]!));
  }
  const begin = app.table.ts[requests.issue[0]!]!;
  const end = app.table.ts[requests.issue.at(-1)!]!;
  // With others in flight a row may be left because nothing tells whose it is.
  let left = 0;
  for (let request = 0; request < rows.length; request++)
    if (alone[request] !== 1 && rows[request] === NO_ROW) left--;
  for (const [kind, own] of tags)
    for (const row of occurrences.rows(EVENT_KINDS[kind]!.name)) {
      if (taken[row] === 1 || !own.has(table.tag[row]!)) continue;
      // What carries nothing is told from another disk's by the thread alone.
      if (Number.isNaN(table.tag[row]!) && !backend.has(table.tid[row]!)) continue;
      const time = host!.timeOfRow(row);
      if (time >= begin && time <= end) left++;
    }
  return left;
}
