/**
 * A doorbell write makes its vCPU leave the guest at once, and its task does nothing else before. Enters: followed requests. Leaves: those
 * whose exit lies behind what the task did next, which none does while all clocks are right. A guest that spins is seldom out for long
 * enough to be caught elsewhere (`outside-guest.ts`).
 */
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Followed } from './follow.ts';
import type { Scene } from './scene.ts';

export interface LateExits {
  readonly requests: number;
  /** How far behind at most, ns. */
  readonly latestNs: number;
}

/** What lies between the exit and the next entry. */
const WITHIN_EXIT: readonly PointId[] = ['kvm:exit', 'kvm:mmio', 'kvm:ioeventfd'];
/** One may be a mistake of whoever recorded it. */
const LEAST_REQUESTS = 2;
/** The task's next row is near; what is farther than this is none of the call. */
const MOST_ROWS = 4096;

/** Undefined where there are none. Only requests that were alone are asked; `slackNs`: what is later by less says nothing. */
export function lateExits(
  { app, host, alone }: Pick<Scene, 'app' | 'host' | 'alone'>,
  followed: Pick<Followed, 'rows' | 'times'>,
  slackNs: number,
): LateExits | undefined {
  const kicks = followed.rows.get('guest:kick');
  if (host === undefined || kicks === undefined) return undefined;
  const columns = WITHIN_EXIT.flatMap((point) => followed.times.get(point) ?? []);
  let [requests, latestNs] = [0, 0];
  for (let request = 0; request < kicks.length; request++) {
    const kick = kicks[request]!;
    const isAsked = alone[request] === 1 && kick !== NO_ROW;
    const next = isAsked ? nextOfTask(app.table.tid, kick) : NO_ROW;
    if (next === NO_ROW) continue;
    let late = Number.NEGATIVE_INFINITY;
    for (const times of columns) {
      const time = times[request]!;
      if (time - app.table.ts[next]! > late) late = time - app.table.ts[next]!;
    }
    if (late <= slackNs) continue;
    requests++;
    latestNs = Math.max(latestNs, late);
  }
  return requests < LEAST_REQUESTS ? undefined : { requests, latestNs };
}

/** The next row of the task that stamped one; NO_ROW where none is near. */
function nextOfTask(tid: Uint32Array, row: number): number {
  const end = Math.min(tid.length, row + 1 + MOST_ROWS);
  for (let next = row + 1; next < end; next++) if (tid[next] === tid[row]) return next;
  return NO_ROW;
}
