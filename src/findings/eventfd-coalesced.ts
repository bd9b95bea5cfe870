import { firstAtOrAfter } from '../trace/occurrences.ts';
import { hostSide } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';

/** Below this share of signals without a read of their own nothing piles up. */
const LEAST_SHARE = 0.1;
/** Fewer signals prove nothing. */
const LEAST_SIGNALS = 30;

export const eventfdCoalesced = defineFinding({
  id: 'eventfd-coalesced',
  severity: 'info',
  title: 'Notifications pile up: one read of the eventfd takes several',
  about:
    'An eventfd is a counter: signals that come before it is read are one wake-up. At queue depth 1 that does not happen; with more in flight it means that the back-end is behind, and that latency holds the wait for its turn. It is no fault while throughput counts more than latency.',
  find(input) {
    const { signals, coalesced } = countSignals(input);
    if (signals < LEAST_SIGNALS || coalesced < signals * LEAST_SHARE) return undefined;
    return {
      evidence: `${coalesced} of ${signals} signals of the disk’s eventfds came while an earlier one had not been read`,
      gain: null,
      confidence: 'high',
      fix: 'spread the load over more queues and IOThreads (num-queues, iothread-vq-mapping), or keep fewer requests in flight',
    };
  },
});

/** Signals, during the requests, of eventfds that the back-end reads; and those that came on top of an unread one. */
function countSignals(input: FindingInput): { signals: number; coalesced: number } {
  const host = hostSide(input);
  const { matched } = input.breakdown;
  const { requests, backend } = input.correlated;
  if (host === undefined || input.correlated.host === undefined || matched.length === 0)
    return { signals: 0, coalesced: 0 };
  const from = requests.start[matched[0]!]!;
  const last = matched[matched.length - 1]!;
  const to = requests.start[last]! + requests.total[last]!;
  const { table, time, occurrences } = host;
  const reads = occurrences.rows('eventfd_read').filter((row) => backend.has(table.tid[row]!));
  const ours = new Set(Array.from(reads, (row) => table.tag[row]!).filter((id) => !Number.isNaN(id)));
  const rows = Uint32Array.from([...occurrences.rows('eventfd_signal'), ...reads]).sort();
  const unread = new Set<number>();
  const isRead = new Set(reads);
  let signals = 0;
  let coalesced = 0;
  for (let at = firstAtOrAfter(time, rows, from); at < rows.length && time[rows[at]!]! <= to; at++) {
    const row = rows[at]!;
    const id = table.tag[row]!;
    if (!ours.has(id)) continue;
    if (isRead.has(row)) unread.delete(id);
    else {
      signals++;
      if (unread.has(id)) coalesced++;
      unread.add(id);
    }
  }
  return { signals, coalesced };
}
