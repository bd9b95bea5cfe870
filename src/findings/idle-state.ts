import type { Side } from '../correlate/side.ts';
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
    'Leaving a deep C-state takes microseconds, which are booked to the device stage: the interrupt has been raised but no instruction runs yet. Seen only where cpu_idle was recorded on the host (record --scheduler). On a virtual machine the states are those its hypervisor offers.',
  find(input) {
    const slept = sleptBefore(input);
    if (slept === undefined) return undefined;
    const count = countOf(input, slept);
    if (count === 0 || count < input.breakdown.matched.length * LEAST_SHARE) return undefined;
    return {
      evidence: `in ${ofRequests(input, count)} the interrupted CPU was in idle state ${DEEP} or deeper when the interrupt woke it`,
      gain: gainOfOthers(input, slept, 'requests with a deep idle state against those without'),
      confidence: 'medium',
      fix: 'cpupower -c CPU idle-set -D 3 (switches off states that take 3 µs or more to leave; C1 takes 1 or 2), or hold /dev/cpu_dma_latency open with 2; cpupower idle-set -E takes it back; compare the power it costs',
    };
  },
});

/** Whether the interrupt's CPU was in a deep state when it came; undefined where nothing tells. */
function sleptBefore(input: FindingInput): ((request: number) => boolean) | undefined {
  const host = hostSide(input);
  const issue = input.correlated.followed.rows.get('host:issue');
  const irq =
    input.correlated.followed.rows.get('host:irq') ?? input.correlated.followed.rows.get('vfio:irq');
  if (host === undefined || irq === undefined || host.occurrences.count('cpu_idle') === 0) return undefined;
  const { cpu } = host.table;
  const idle = idleByCpu(host);
  return (request) => {
    if (irq[request] === NO_ROW) return false;
    const own = idle.get(cpu[irq[request]!]!);
    const issued = issue?.[request] ?? NO_ROW;
    const from = issued === NO_ROW ? Number.NEGATIVE_INFINITY : host.timeOfRow(issued);
    return own !== undefined && stateBefore(own, host.timeOfRow(irq[request]!), from) >= DEEP;
  };
}

/** One CPU's entries into idle states (0 and up) and exits (-1), in time order. */
interface CpuIdle {
  readonly times: Float64Array;
  readonly states: Float64Array;
}

function idleByCpu(host: Side): ReadonlyMap<number, CpuIdle> {
  const { cpu, tag } = host.occurrences.of('cpu_idle');
  const times = host.timesOf('cpu_idle');
  const rows = new Map<number, number[]>();
  for (let at = 0; at < times.length; at++) {
    const own = rows.get(cpu[at]!);
    if (own === undefined) rows.set(cpu[at]!, [at]);
    else own.push(at);
  }
  return new Map(
    [...rows].map(([id, own]) => [
      id,
      { times: Float64Array.from(own, (at) => times[at]!), states: Float64Array.from(own, (at) => tag[at]!) },
    ]),
  );
}

/**
 * The state a CPU was woken from by what happened at `time`: that of the last entry before it. The exit is stamped before the
 * interrupt's handler runs; one before `from` means that the CPU was at work when the request was issued. -1: it was awake.
 */
function stateBefore({ times, states }: CpuIdle, time: number, from: number): number {
  const last = firstNotBefore(times, time) - 1;
  if (last < 0) return -1;
  if (states[last]! >= 0) return states[last]!;
  return last > 0 && times[last]! >= from ? states[last - 1]! : -1;
}
