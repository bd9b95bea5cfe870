/** How often things happen per request: kicks, exits, wake-ups, system calls, interrupts, poll sessions. */
import type { Correlated } from '../correlate/correlate.ts';
import { ThreadSet } from '../correlate/thread-set.ts';
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
  const threads = {
    vcpu: new ThreadSet(new Set(correlated.vcpuThreads.values())),
    backend: new ThreadSet(correlated.backend),
  };
  const counts: PerRequest[] = [];
  for (const { id, title, events, of } of COUNTS) {
    const event = events.find((name) => host.occurrences.count(name) > 0);
    if (event === undefined) continue;
    const times = host.timesOf(event);
    const first = firstNotBefore(times, begin);
    const behind = firstNotBefore(times, end + 1);
    const { tid } = host.occurrences.of(event);
    const count = of === undefined ? behind - first : rowsOf(threads[of], tid, first, behind);
    counts.push({ id, title, perRequest: count / matched.length });
  }
  return counts;
}

function rowsOf(threads: ThreadSet, tid: Uint32Array, first: number, behind: number): number {
  let count = 0;
  for (let at = first; at < behind; at++) if (threads.has(tid[at]!)) count++;
  return count;
}
