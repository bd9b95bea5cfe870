import { firstNotBefore } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { countOf, hostSide, ofRequests } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';
import { gainOfOthers } from './gain.ts';

/** States 0 and 1 are polling and C1 on every x86 idle driver; from 2 on leaving takes microseconds. */
const DEEP = 2;
const LEAST_SHARE = 0.1;

export const idleState = defineFinding({
  id: 'idle-state',
  severity: 'info',
  title: 'The CPU that takes the drive’s interrupt sleeps deeply while the device works',
  about:
    'Leaving a deep C-state takes microseconds, which are booked to the device stage: the interrupt has been raised but no instruction runs yet. Seen only where cpu_idle was recorded on the host.',
  find(input) {
    const slept = sleptBefore(input);
    if (slept === undefined) return undefined;
    const count = countOf(input, slept);
    if (count === 0 || count < input.breakdown.matched.length * LEAST_SHARE) return undefined;
    return {
      evidence: `in ${ofRequests(input, count)} the interrupted CPU had entered idle state ${DEEP} or deeper after the request was issued`,
      gain: gainOfOthers(input, slept, 'requests with a deep idle state against those without'),
      confidence: 'medium',
      fix: 'cpupower idle-set -D 2 (disables states slower than 2 µs), or hold /dev/cpu_dma_latency open with 0; compare the power it costs',
    };
  },
});

/** Whether the interrupt's CPU went into a deep state between issue and interrupt; undefined where nothing tells. */
function sleptBefore(input: FindingInput): ((request: number) => boolean) | undefined {
  const host = hostSide(input);
  const issue = input.correlated.followed.rows.get('host:issue');
  const irq =
    input.correlated.followed.rows.get('host:irq') ?? input.correlated.followed.rows.get('vfio:irq');
  if (host === undefined || issue === undefined || irq === undefined) return undefined;
  const { cpu } = host.table;
  const idle = host.occurrences.of('cpu_idle');
  const times = host.timesOf('cpu_idle');
  if (times.length === 0) return undefined;
  return (request) => {
    if (issue[request] === NO_ROW || irq[request] === NO_ROW) return false;
    const from = host.timeOfRow(issue[request]!);
    const to = host.timeOfRow(irq[request]!);
    for (let at = firstNotBefore(times, from); at < times.length && times[at]! <= to; at++)
      if (idle.cpu[at] === cpu[irq[request]!] && idle.tag[at]! >= DEEP) return true;
    return false;
  };
}
