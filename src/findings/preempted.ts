import { firstNotBefore } from '../trace/occurrences.ts';
import { countOf, hostSide, ofRequests, spanOfRequest } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfOthers } from './gain.ts';

/** prev_state of a task that wanted to run on: TASK_RUNNING, "R" or "R+". */
const RUNNABLE = 0;
const LEAST_SHARE = 0.02;

export const preempted = defineFinding({
  id: 'preempted',
  severity: 'warning',
  title: 'The vCPU or the back-end thread lost its CPU while it had work to do',
  about:
    'sched_switch with the previous task still runnable: somebody else took the CPU in the middle of a request. Seen only where sched_switch was recorded (record --scheduler). Isolated or less crowded CPUs, or a real-time priority, keep the thread running.',
  find(input) {
    const host = hostSide(input);
    const { correlated } = input;
    if (correlated.host === undefined || host === undefined) return undefined;
    const backend = correlated.path.name.startsWith('vfio-') ? [] : correlated.backend;
    const threads = new Set([...backend, ...correlated.vcpuThreads.values()]);
    const { table } = host;
    const rows = host.occurrences
      .rows('sched_switch')
      .filter((row) => threads.has(table.dev[row]!) && table.aux[row] === RUNNABLE);
    if (rows.length === 0) return undefined;
    const times = Float64Array.from(rows, (row) => host.timeOfRow(row));
    const during = (request: number) => {
      const [from, to] = spanOfRequest(input, request);
      const at = firstNotBefore(times, from);
      return at < times.length && times[at]! <= to;
    };
    const count = countOf(input, during);
    if (count === 0 || count < input.breakdown.matched.length * LEAST_SHARE) return undefined;
    const tids = [...new Set(rows.map((row) => table.dev[row]!))].join(',');
    return {
      evidence: `in ${ofRequests(input, count)} thread ${tids} was switched out while runnable`,
      gain: gainOfOthers(input, during, 'requests with a preemption against those without'),
      confidence: 'high',
      fix: 'pin vCPUs and IOThread to CPUs of their own (isolcpus=, cset, or <vcpupin> and <iothreadpin>) and move other work off them',
    };
  },
});
