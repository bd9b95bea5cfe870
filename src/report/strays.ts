/** Completions of the disk whose issue is not in the recording: whether it lies before it, or was lost. */
import type { Correlated } from '../correlate/correlate.ts';
import { NO_ROW } from '../trace/units.ts';

/** How many requests completed without an issue, by why. */
export interface Strays {
  /** Issued before the recording began, as far as the time that its requests take lets them be. */
  readonly begunBefore: number;
  /** Issued in it, unless they took more than twice as long as any other. */
  readonly issueLost: number;
}

/** So many times as long as any request that was seen whole one may have taken that was in flight when the recording began. */
const LONGER = 2;

/** Tells them apart by how long after the recording's beginning they completed. */
export function countStrays({
  app: { table },
  path: { anchors },
  requests: { rows, length },
  strays,
}: Pick<Correlated, 'app' | 'path' | 'requests' | 'strays'>): Strays {
  if (strays.length === 0) return { begunBefore: 0, issueLost: 0 };
  const { ts } = table;
  const [issues, completes] = [rows.get(anchors.issue), rows.get(anchors.complete)];
  let longest = 0;
  for (let request = 0; request < length; request++) {
    const [issue, complete] = [issues?.[request] ?? NO_ROW, completes?.[request] ?? NO_ROW];
    if (issue !== NO_ROW && complete !== NO_ROW) longest = Math.max(longest, ts[complete]! - ts[issue]!);
  }
  const first = ts[0]!;
  return straysBy(
    Array.from(strays, (row) => ts[row]! - first),
    longest,
  );
}

/** The same by times: how long after the recording's beginning each completed, and the longest request that was seen whole (0 without any), ns. */
export function straysBy(times: readonly number[], longestNs: number): Strays {
  // Without a request that was seen whole nothing tells.
  const begunBefore =
    longestNs === 0 ? times.length : times.filter((time) => time <= LONGER * longestNs).length;
  return { begunBefore, issueLost: times.length - begunBefore };
}
