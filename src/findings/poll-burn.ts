import { hostSide, microseconds, spanOfRequest } from './evidence.ts';
import { defineFinding } from './finding.ts';

/** Share of sessions without a result above which polling is mostly heat. */
const MOST_MISSES = 0.75;

export const pollBurn = defineFinding({
  id: 'poll-burn',
  severity: 'info',
  title: 'Most poll sessions of the IOThread find nothing',
  about:
    'run_poll_handlers_end without progress: the AioContext polled for its window, found nothing and went to sleep after all. That costs CPU time and no latency; a window shorter than the device’s latency never hits. Seen only where QEMU’s run_poll_handlers events were recorded.',
  find(input) {
    const host = hostSide(input);
    const { matched } = input.breakdown;
    if (host === undefined || matched.length === 0) return undefined;
    const from = spanOfRequest(input, matched[0]!)[0];
    const to = spanOfRequest(input, matched.at(-1)!)[1];
    const { table, occurrences } = host;
    const inSpan = (row: number) => host.timeOfRow(row) >= from && host.timeOfRow(row) <= to;
    const ends = occurrences.rows('run_poll_handlers_end').filter(inSpan);
    const misses = ends.filter((row) => table.aux[row] === 0);
    if (ends.length < matched.length * 0.1 || misses.length < ends.length * MOST_MISSES) return undefined;
    const begins = occurrences.rows('run_poll_handlers_begin');
    const open = new Map<number, number>();
    let burnt = 0;
    let next = 0;
    for (const row of misses) {
      for (; next < begins.length && begins[next]! < row; next++)
        open.set(table.tid[begins[next]!]!, host.timeOfRow(begins[next]!));
      const end = host.timeOfRow(row);
      burnt += end - (open.get(table.tid[row]!) ?? end);
    }
    return {
      evidence: `${misses.length} of ${ends.length} poll sessions found nothing, ${microseconds(burnt / matched.length)} of CPU time a request`,
      gain: null,
      confidence: 'high',
      fix: 'poll-max-ns longer than the device stage, or 0: qom-set /objects/ID poll-max-ns',
    };
  },
});
