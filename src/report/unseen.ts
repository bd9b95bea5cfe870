/** What lies between an application's own latency and what can be traced of it, in words. */
import { kindId } from '../../parsers/event-kinds.ts';
import type { Correlated } from '../correlate/correlate.ts';
import { type RequestTable, STATUS } from '../correlate/request-table.ts';
import type { Partition } from '../stats/partition.ts';
import type { GroundTruth } from '../trace/recording.ts';
import { NO_ROW } from '../trace/units.ts';

/** With fewer requests at the disk than this share of those fio made through the page cache, most were answered from memory. */
const LEAST_AT_DISK = 0.9;
/** What concerns at least this share of the requests explains their mean. */
const MOST_OF_THEM = 0.5;

/** Why what fio measured is of other requests than those that were followed; null where it is of the same. */
export function otherRequests(
  { fio, requests }: GroundTruth,
  { status }: Pick<RequestTable, 'status'>,
): string | null {
  const seen = status.reduce((count, each) => count + (each === STATUS.outside ? 0 : 1), 0);
  if (fio?.direct !== false || seen >= requests * LEAST_AT_DISK) return null;
  return `fio went through the page cache (without --direct=1): for its ${requests.toLocaleString('en-US')} requests ${seen.toLocaleString('en-US')} reached the disk`;
}

/** Where a request of io_uring ends: when its completion is posted, or the call that its task is in then. */
const RING_ENDS = ['io_uring_complete', 'sys_exit_io_uring_enter'].map(kindId);

/** Of how many matched requests no tracer could see what the application saw. */
export interface Unseen {
  /** No call handed them over. */
  readonly withoutCall: number;
  /** No call returned with them. */
  readonly withoutReturn: number;
  /** They lay in the ring of io_uring beside others: memory of the task, which may take one of several completions from it at any time (io_uring_setup(2)). */
  readonly inRing: number;
}

/** Counts them. */
export function countUnseen(
  { requests, path, app, inFlight }: Correlated,
  { matched }: Pick<Partition, 'matched'>,
): Unseen {
  const submits = requests.rows.get(path.anchors.submit);
  const returns = requests.rows.get(path.anchors.return);
  const unseen = { withoutCall: 0, withoutReturn: 0, inRing: 0 };
  for (const request of matched) {
    const end = returns?.[request] ?? NO_ROW;
    if ((submits?.[request] ?? NO_ROW) === NO_ROW) unseen.withoutCall++;
    if (end === NO_ROW) unseen.withoutReturn++;
    else if (inFlight.alone[request] !== 1 && RING_ENDS.includes(app.table.kind[end]!)) unseen.inRing++;
  }
  return unseen;
}

/** What of the application's time no tracer could see, where that is of most requests. */
export function unseenOf(
  { fio }: GroundTruth,
  { withoutCall, withoutReturn, inRing }: Unseen,
  { matched }: Pick<Partition, 'matched'>,
): string[] {
  const unless = (count: number, words: (percent: string) => string) => {
    const share = count / Math.max(1, matched.length);
    return share < MOST_OF_THEM ? [] : [words(`${(share * 100).toFixed(0)} %`)];
  };
  return [
    ...(fio?.batch === undefined
      ? []
      : [`fio hands over ${fio.batch} at a time, and the first of them waits in fio for the last`]),
    ...unless(withoutCall, (percent) => `no call that was recorded handed over ${percent} of the requests`),
    ...unless(
      withoutReturn,
      (percent) => `when the application learned of ${percent} of the completions is not recorded`,
    ),
    ...unless(
      inRing,
      (percent) =>
        `${percent} of the completions lay in the ring of io_uring beside others, and when the application took them is not recorded`,
    ),
  ];
}
