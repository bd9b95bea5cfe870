import { microseconds, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';
import { countAbove, pollWaits, quantile } from './poll-waits.ts';
import { pollWindowNs } from './qemu-settings.ts';

/** Polling that works finds nearly all; polling that does not run finds none. */
const MOST_WOKEN = 0.9;
/** Longer waits than the window shorten it: with too many of them that is the cause (finding poll-window). */
const MOST_BEYOND = 0.1;

export const pollingStopped = defineFinding({
  id: 'polling-stopped',
  severity: 'warning',
  title: 'The IOThread may poll, yet is woken every time within its window',
  about:
    'One descriptor without a poll handler stops polling for the whole AioContext (poll_disable_cnt in QEMU’s util/aio-posix.c): whatever else lives in this IOThread, like the socket of a network block device or of an export. The exports of qemu-storage-daemon up to QEMU 10.0 register theirs without one, so it never polls there whatever poll-max-ns says. Absence of QEMU’s run_poll_handlers_begin events is the proof: trace-event run_poll_handlers_begin on, in its monitor.',
  find(input) {
    const window = pollWindowNs(input);
    if (window === undefined || window === 0) return undefined;
    const { woken, ns } = pollWaits(input);
    if (woken === 0 || woken < input.breakdown.matched.length * MOST_WOKEN) return undefined;
    if (ns.length === 0 || countAbove(ns, window) >= ns.length * MOST_BEYOND) return undefined;
    const polled = input.correlated.host?.occurrences.count('run_poll_handlers_begin') ?? 0;
    if (polled > 0) return undefined;
    const daemon = input.correlated.path.name.startsWith('vhost-user-');
    return {
      evidence: `poll-max-ns is ${window}, ${ns.length} waits of the back-end took ${microseconds(quantile(ns, 0.5))} in the median and ${countAbove(ns, window)} of them longer than that, and it was woken for ${ofRequests(input, woken)}`,
      gain: gainOfStages(input, ['iothread-wakeup', 'iothread-complete-wakeup']),
      confidence: 'medium',
      fix: daemon
        ? 'no setting helps in this daemon: an IOThread of QEMU itself (virtio-blk-pci,iothread=ID) polls, or a newer qemu-storage-daemon'
        : 'an IOThread for this disk alone: -object iothread,id=ID and iothread=ID on its device and no other, no block export or network client in it; in the domain XML a further <iothread> and iothread= on the <driver>',
    };
  },
});
