/** From followed requests to what the pictures draw. Pure; the size of the result does not grow with the recording. */
import { type RequestTable, STATUS } from '../correlate/request-table.ts';
import { ascendingOrder } from '../stats/ascending.ts';
import { gapList, type PlacedGap } from './gap-list.ts';
import { latencyBins } from './latency-bins.ts';
import type { PictureModel } from './picture-model.ts';
import { requestSample } from './request-sample.ts';
import { timeBins } from './time-bins.ts';

export function buildPicture(requests: RequestTable, placed: readonly PlacedGap[]): PictureModel {
  const matched = Int32Array.from(requests.status.keys()).filter(
    (request) => requests.status[request] === STATUS.matched,
  );
  const { originNs, spanNs } = drawnSpan(requests);
  const totals = matched.map((request) => requests.total[request]!);
  const ranks = ascendingOrder(totals);
  return {
    spanNs,
    latency: latencyBins(ranks.map((at) => totals[at]!)),
    overTime: timeBins(requests, originNs, spanNs),
    ...gapList(placed, originNs, spanNs),
    sample: requestSample(requests, matched, ranks, originNs),
  };
}

/** Start of the first and end of the last request inside the recorded span; a rejected one has no end, its start counts. */
function drawnSpan({ length, status, start, total }: RequestTable): { originNs: number; spanNs: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (let request = 0; request < length; request++) {
    if (status[request] === STATUS.outside) continue;
    from = Math.min(from, start[request]!);
    to = Math.max(to, start[request]! + (status[request] === STATUS.matched ? total[request]! : 0));
  }
  return from <= to ? { originNs: from, spanNs: to - from } : { originNs: 0, spanNs: 0 };
}
