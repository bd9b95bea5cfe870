import { type RequestTable, STATUS } from '../correlate/request-table.ts';
import { MOST_TIME_BINS, type TimeBin } from './picture-model.ts';

/** What a bin is made of while requests are dealt out. */
interface Draft {
  readonly totals: number[];
  leftOut: number;
}

/** Bins are wide enough to hold so many requests on average, where the recording has as many. */
const REQUESTS_PER_BIN = 8;
const FEWEST = 24;

/** Requests inside the recorded span, by the bin of `spanNs` that they start in, after `originNs`. */
export function timeBins(
  requests: RequestTable,
  originNs: number,
  spanNs: number,
): { binNs: number; bins: TimeBin[] } {
  const wanted = Math.min(MOST_TIME_BINS, Math.max(FEWEST, Math.ceil(requests.length / REQUESTS_PER_BIN)));
  const binNs = Math.max(1, Math.ceil((spanNs + 1) / wanted));
  const drafts: Draft[] = Array.from({ length: Math.ceil((spanNs + 1) / binNs) }, () => ({
    totals: [],
    leftOut: 0,
  }));
  for (let request = 0; request < requests.length; request++) {
    const status = requests.status[request]!;
    if (status === STATUS.outside) continue;
    const draft = drafts[Math.floor((requests.start[request]! - originNs) / binNs)];
    if (draft === undefined) continue;
    if (status === STATUS.matched) draft.totals.push(requests.total[request]!);
    else draft.leftOut++;
  }
  return { binNs, bins: drafts.map(finish) };
}

function finish({ totals, leftOut }: Draft): TimeBin {
  totals.sort((a, b) => a - b);
  const n = totals.length;
  if (n === 0) return { n, p50Ns: null, p99Ns: null, maxNs: null, leftOut };
  return {
    n,
    p50Ns: totals[Math.floor((n - 1) / 2)]!,
    p99Ns: n < 100 ? null : totals[Math.ceil(n * 0.99) - 1]!,
    maxNs: totals[n - 1]!,
    leftOut,
  };
}
