import { UNKNOWN_CPU } from '../trace/units.ts';
import { cpusAt, ofRequests } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';
import { gainOfOthers } from './gain.ts';

export const interruptCpu = defineFinding({
  id: 'interrupt-cpu',
  severity: 'info',
  title: 'The drive’s interrupt arrives on another CPU than the request was submitted on',
  about:
    'A drive with a queue per CPU interrupts the CPU that submitted. Elsewhere the completion takes a cross-CPU wake-up and cold caches; it happens with fewer queues than CPUs, with an affinity set by hand, and when a thread moved. The gain compares requests of this recording that were interrupted elsewhere with those that were not.',
  find(input) {
    const { matched } = input.breakdown;
    const elsewhere = interruptedElsewhere(input);
    let count = 0;
    for (let at = 0; at < matched.length; at++) count += elsewhere[matched[at]!]!;
    if (count * 2 < matched.length) return undefined;
    return {
      evidence: `in ${ofRequests(input, count)} the interrupt came on another CPU than the one that issued the request`,
      gain: gainOfOthers(
        input,
        (request) => elsewhere[request] === 1,
        'requests interrupted elsewhere against those interrupted where issued',
      ),
      confidence: 'high',
      fix: 'look at /proc/irq/N/effective_affinity_list of the queue’s interrupt and at /sys/block/DEV/mq/N/cpu_list; pin the thread to a CPU of the queue it uses',
    };
  },
});

/** 1 for each request that was interrupted on another CPU than the one that issued it. */
function interruptedElsewhere(input: FindingInput): Uint8Array {
  const isOfGuest = input.correlated.path.app === 'guest';
  const issued = cpusAt(input, 'host:issue');
  const submitted = isOfGuest ? cpusAt(input, 'backend:submit') : issued;
  const interrupted = cpusAt(input, 'host:irq');
  const elsewhere = new Uint8Array(issued.length);
  for (let request = 0; request < elsewhere.length; request++) {
    const from = issued[request] === UNKNOWN_CPU ? submitted[request]! : issued[request]!;
    const to = interrupted[request]!;
    if (from !== UNKNOWN_CPU && to !== UNKNOWN_CPU && from !== to) elsewhere[request] = 1;
  }
  return elsewhere;
}
