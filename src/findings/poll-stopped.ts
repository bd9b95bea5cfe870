import { hostSide, microseconds, spanOfRequest } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';
import { gainOfStages } from './gain.ts';
import { pollWindowNs } from './qemu-settings.ts';

/** Share of waits that a working poll loop would have spared. */
const LEAST_SHARE = 0.5;

export const pollStopped = defineFinding({
  id: 'poll-stopped',
  severity: 'warning',
  title: 'The IOThread is asked to poll and sleeps at once',
  about:
    'AioContext polling works only while every handler of the context can be polled: one that cannot (a vhost-user descriptor, io_uring’s in some versions, a handler without io_poll) stops it for all (aio_set_fd_handler, util/aio-posix.c). It shows in waits that were over before the window was: polling would have caught their event, and the thread slept all the same. Waits are only looked at where the thread was seen to leave its CPU.',
  find(input) {
    if (!input.correlated.path.name.startsWith('virtio-blk-')) return undefined;
    const window = pollWindowNs(input);
    if (window === undefined || window === 0) return undefined;
    const waits = sleptNs(input);
    const short = waits.filter((ns) => ns < window);
    if (short.length === 0 || short.length < waits.length * LEAST_SHARE) return undefined;
    const mean = short.reduce((sum, ns) => sum + ns, 0) / short.length;
    return {
      evidence: `poll-max-ns is ${window}, yet in ${short.length} of ${waits.length} waits the IOThread left its CPU for an event that came within that time, ${microseconds(mean)} in the mean`,
      gain: gainOfStages(input, ['iothread-wakeup', 'iothread-complete-wakeup']),
      confidence: 'medium',
      fix: 'give the disk an IOThread of its own, with nothing else in it that cannot be polled; aio=native or a newer QEMU where io_uring stops polling',
    };
  },
});

/** Lengths of the back-end's waits during the requests in which it was switched away, ns. */
function sleptNs(input: FindingInput): number[] {
  const host = hostSide(input);
  const { matched } = input.breakdown;
  const { backend } = input.correlated;
  if (host === undefined || matched.length === 0) return [];
  const [from, to] = [spanOfRequest(input, matched[0]!)[0], spanOfRequest(input, matched.at(-1)!)[1]];
  const { table, time, occurrences } = host;
  const rows = ['sys_enter_ppoll', 'sys_exit_ppoll', 'sched_switch'].flatMap((name) => [
    ...occurrences.rows(name),
  ]);
  const waiting = new Map<number, { since: number; away: boolean }>();
  const slept: number[] = [];
  const [enter, exit] = ['sys_enter_ppoll', 'sys_exit_ppoll'].map((name) => new Set(occurrences.rows(name)));
  for (const row of rows.sort((a, b) => a - b)) {
    if (time[row]! < from || time[row]! > to) continue;
    // sched_switch: the task that leaves the CPU is its dev
    const tid = enter!.has(row) || exit!.has(row) ? table.tid[row]! : table.dev[row]!;
    if (!backend.has(tid)) continue;
    const wait = waiting.get(tid);
    if (enter!.has(row)) waiting.set(tid, { since: time[row]!, away: false });
    else if (wait === undefined) continue;
    else if (!exit!.has(row)) wait.away = true;
    else {
      waiting.delete(tid);
      if (wait.away) slept.push(time[row]! - wait.since);
    }
  }
  return slept;
}
