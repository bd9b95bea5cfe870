import type { Correlated } from '../correlate/correlate.ts';
import type { Doubts } from '../trace/doubts.ts';
import type { Gap } from '../trace/gaps.ts';
import type { MachineName } from '../trace/recording.ts';
import { MOST_GAPS, type PictureGap } from './picture-model.ts';

/** Gaps of all machines on the application's time line, cut to 0 … spanNs; those outside of it are left out. */
export function gapList(
  correlated: Correlated,
  doubts: ReadonlyMap<MachineName, Doubts>,
  originNs: number,
  spanNs: number,
): { gaps: PictureGap[]; gapsNotListed: number } {
  const all: PictureGap[] = [];
  for (const [machine, { reported, found }] of doubts) {
    const side = machine === correlated.path.app ? correlated.app : correlated.host;
    if (side === undefined) continue;
    const place = (gap: Gap, isReported: boolean): void => {
      const fromNs = Math.max(0, Math.round(side.timeOf(gap.from) - originNs));
      const toNs = Math.min(spanNs, Math.round(side.timeOf(gap.to) - originNs));
      if (fromNs > toNs) return;
      all.push({ machine, fromNs, toNs, reported: isReported, cpu: gap.cpu ?? null, missing: gap.missing });
    };
    for (const gap of reported) place(gap, true);
    for (const gap of found) place(gap, false);
  }
  all.sort((a, b) => a.fromNs - b.fromNs || a.toNs - b.toNs);
  return { gaps: all.slice(0, MOST_GAPS), gapsNotListed: Math.max(0, all.length - MOST_GAPS) };
}
