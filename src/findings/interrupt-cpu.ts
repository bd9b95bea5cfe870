import { countOf, cpuAt, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfOthers } from './gain.ts';

export const interruptCpu = defineFinding({
  id: 'interrupt-cpu',
  severity: 'info',
  title: 'The drive’s interrupt arrives on another CPU than the request was submitted on',
  about:
    'A drive with a queue per CPU interrupts the CPU that submitted. Elsewhere the completion takes a cross-CPU wake-up and cold caches; it happens with fewer queues than CPUs, with an affinity set by hand, and when a thread moved. The gain compares requests of this recording that were interrupted elsewhere with those that were not.',
  find(input) {
    const issued = cpuAt(input, input.correlated.path.app === 'host' ? 'host:issue' : 'backend:submit');
    const issuedByHost = cpuAt(input, 'host:issue');
    const interrupted = cpuAt(input, 'host:irq');
    const elsewhere = (request: number) => {
      const from = issuedByHost(request) ?? issued(request);
      const to = interrupted(request);
      return from !== undefined && to !== undefined && from !== to;
    };
    const count = countOf(input, elsewhere);
    if (count * 2 < input.breakdown.matched.length) return undefined;
    return {
      evidence: `in ${ofRequests(input, count)} the interrupt came on another CPU than the one that issued the request`,
      gain: gainOfOthers(
        input,
        elsewhere,
        'requests interrupted elsewhere against those interrupted where issued',
      ),
      confidence: 'high',
      fix: 'look at /proc/irq/N/effective_affinity_list of the queue’s interrupt and at /sys/block/DEV/mq/N/cpu_list; pin the thread to a CPU of the queue it uses',
    };
  },
});
