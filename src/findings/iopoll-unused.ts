import { countOf, hasPoint, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

/** `/sys/block/nvme0n1/queue/io_poll = 1`, as the facts note it. */
const POLL_QUEUES = /\/block\/[\w!-]+\/queue\/io_poll = 1\b/;

export const iopollUnused = defineFinding({
  id: 'iopoll-unused',
  severity: 'info',
  title: 'The disk has poll queues, but its requests complete by interrupt',
  about:
    'A disk polls only for requests that ask for it in a way the kernel honours: io_uring with IOPOLL. RWF_HIPRI of preadv2 stopped polling between Linux 5.10 and 6.1: the call works and the interrupt comes. fio: ioengine=io_uring hipri=1, not pvsync2.',
  find(input) {
    const { correlated, facts, breakdown } = input;
    const setting = facts.notes?.find((note) => POLL_QUEUES.test(note));
    if (setting === undefined) return undefined;
    const interrupted = countOf(
      input,
      hasPoint(input, correlated.path.app === 'guest' ? 'guest:irq' : 'host:irq'),
    );
    if (interrupted * 2 < breakdown.matched.length || interrupted === 0) return undefined;
    return {
      evidence: `${setting}, and ${ofRequests(input, interrupted)} took an interrupt`,
      gain: gainOfStages(input, ['guest-irq', 'guest-wakeup', 'host-irq', 'app-wakeup']),
      confidence: 'medium',
      fix: 'ioengine=io_uring with hipri=1 in fio; io_uring with IORING_SETUP_IOPOLL in a program',
    };
  },
});
