/** How often things happen per request: kicks, exits, wake-ups, system calls, interrupts, poll sessions. */
import type { Correlated } from '../correlate/correlate.ts';
import { firstNotBefore } from '../trace/occurrences.ts';

export interface PerRequest {
  readonly id: string;
  readonly title: string;
  readonly perRequest: number;
}

/** Each count: the events on the host, and whose. `vcpu` and `backend` restrict to those threads. */
const COUNTS: readonly { id: string; title: string; events: readonly string[]; of?: 'vcpu' | 'backend' }[] = [
  { id: 'exits', title: 'vCPU exits', events: ['kvm_exit'], of: 'vcpu' },
  { id: 'eventfd-signals', title: 'eventfd signals', events: ['eventfd_signal', 'eventfd_signal_mask'] },
  { id: 'eventfd-reads', title: 'eventfd reads', events: ['eventfd_read'], of: 'backend' },
  {
    id: 'waits',
    title: 'waits of the back-end',
    events: ['sys_exit_ppoll', 'sys_exit_epoll_wait'],
    of: 'backend',
  },
  {
    id: 'submissions',
    title: 'submitting system calls',
    events: ['sys_enter_io_submit', 'sys_enter_io_uring_enter'],
    of: 'backend',
  },
  { id: 'writes', title: 'write system calls', events: ['sys_enter_write'], of: 'backend' },
  { id: 'irqfds', title: 'irqfd wake-ups', events: ['irqfd_wakeup'] },
  { id: 'halts', title: 'vCPU halts', events: ['kvm_vcpu_halt'], of: 'vcpu' },
];

/** Counts of the host's events during the matched requests' span, per request; empty on bare metal. */
export function countsPerRequest(correlated: Correlated, matched: Int32Array): PerRequest[] {
  const { host, requests } = correlated;
  if (host === undefined || matched.length === 0) return [];
  const begin = requests.start[matched[0]!]!;
  const lastRequest = matched[matched.length - 1]!;
  const end = requests.start[lastRequest]! + requests.total[lastRequest]!;
  const vcpus = new Set(correlated.vcpuThreads.values());
  const inSpan = (name: string, threads: ReadonlySet<number> | undefined) => {
    const times = host.timesOf(name);
    const first = firstNotBefore(times, begin);
    const behind = firstNotBefore(times, end + 1);
    if (threads === undefined) return behind - first;
    const { tid } = host.occurrences.of(name);
    let count = 0;
    for (let at = first; at < behind; at++) if (threads.has(tid[at]!)) count++;
    return count;
  };
  const counts: PerRequest[] = [];
  for (const { id, title, events, of } of COUNTS) {
    const event = events.find((name) => host.occurrences.count(name) > 0);
    if (event === undefined) continue;
    const threads = of === 'vcpu' ? vcpus : of === 'backend' ? correlated.backend : undefined;
    counts.push({ id, title, perRequest: inSpan(event, threads) / matched.length });
  }
  return counts;
}
