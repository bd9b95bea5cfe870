import { countOf, hasPoint, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';
import { pollingAsked } from './polling-asked.ts';
import { pollQueues } from './settings.ts';

export const iopollUnused = defineFinding({
  id: 'iopoll-unused',
  severity: 'info',
  title: 'The disk has poll queues, but its requests complete by interrupt',
  about:
    'A disk polls only for requests that ask for it in a way the kernel honours: io_uring with IOPOLL. RWF_HIPRI of preadv2 (the talk’s fio job: pvsync2 with hipri) stopped polling between Linux 5.10 and 6.1: the call works and the interrupt comes.',
  find(input) {
    const queues = pollQueues(input);
    if (queues?.some !== true) return undefined;
    const isGuest = input.correlated.path.app === 'guest';
    const interrupted = countOf(input, hasPoint(input, isGuest ? 'guest:irq' : 'host:irq'));
    if (interrupted * 2 < input.breakdown.matched.length || interrupted === 0) return undefined;
    const asked = pollingAsked(input);
    return {
      evidence: `${queues.text}, and ${ofRequests(input, interrupted)} took an interrupt${asked === undefined ? '' : `; ${asked.text}`}`,
      gain: gainOfStages(input, ['guest-irq', 'guest-wakeup', 'host-irq', 'app-wakeup']),
      confidence: asked === undefined ? 'medium' : 'high',
      fix: 'fio: --ioengine=io_uring --hipri=1; a program: io_uring with IORING_SETUP_IOPOLL and O_DIRECT',
    };
  },
});
