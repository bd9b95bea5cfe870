import type { Correlated } from '../correlate/correlate.ts';
import type { Doubts } from '../trace/doubts.ts';
import type { Gap } from '../trace/gaps.ts';
import type { MachineName } from '../trace/recording.ts';
import { MOST_GAPS, type PictureGap } from './picture-model.ts';

/** A gap on the application's time line, ns after its table's epoch. */
export interface PlacedGap extends Pick<PictureGap, 'machine' | 'reported' | 'cpu' | 'missing'> {
  readonly from: number;
  readonly to: number;
}

/** Gaps of all machines of followed requests. */
export function placedGaps(correlated: Correlated, doubts: ReadonlyMap<MachineName, Doubts>): PlacedGap[] {
  const all: PlacedGap[] = [];
  for (const [machine, { reported, found }] of doubts) {
    const side = machine === correlated.path.app ? correlated.app : correlated.host;
    if (side === undefined) continue;
    const place = ({ from, to, cpu, missing }: Gap, isReported: boolean): void => {
      all.push({
        machine,
        from: side.timeOf(from),
        to: side.timeOf(to),
        reported: isReported,
        cpu: cpu ?? null,
        missing,
      });
    };
    for (const gap of reported) place(gap, true);
    for (const gap of found) place(gap, false);
  }
  return all;
}

/** Gaps cut to 0 … spanNs, in order of time; those outside of it are left out. */
export function gapList(
  placed: readonly PlacedGap[],
  originNs: number,
  spanNs: number,
): { gaps: PictureGap[]; gapsNotListed: number } {
  const all: PictureGap[] = [];
  for (const { from, to, ...gap } of placed) {
    const fromNs = Math.max(0, Math.round(from - originNs));
    const toNs = Math.min(spanNs, Math.round(to - originNs));
    if (fromNs <= toNs) all.push({ ...gap, fromNs, toNs });
  }
  all.sort((a, b) => a.fromNs - b.fromNs || a.toNs - b.toNs);
  return { gaps: all.slice(0, MOST_GAPS), gapsNotListed: Math.max(0, all.length - MOST_GAPS) };
}
