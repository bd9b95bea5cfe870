import type { PointRule } from '../io-path.ts';
import { OF_EVENTFD_WRITE, OF_IRQFD } from '../stand-ins.ts';
import type { Segment } from './segment.ts';

/** Exit class of kvm_exit for HLT. */
const HALT_EXIT = 3;

/**
 * A Linux guest's own vectors begin with its timer's (LOCAL_TIMER_VECTOR, arch/x86/include/asm/irq_vectors.h): calls between CPUs and
 * rescheduling are above, devices below.
 */
export const FIRST_SYSTEM_VECTOR = 0xec;

/** What a back-end puts on the used ring after it has notified needs another notification. */
const USED_ENTRIES = ['virtqueue_push', 'vu_queue_push'];

/** Used entry to the vCPU's entry with the interrupt. */
export const injectInterrupt: Segment = {
  points: [
    { point: 'backend:call', detail: true },
    { point: 'backend:call-write', detail: true },
    { point: 'kvm:irqfd', stage: 'used-notify' },
    { point: 'kvm:inject', stage: 'irq-inject' },
    { point: 'kvm:halt', detail: true },
    { point: 'kvm:deliver', detail: true },
    { point: 'kvm:entry', stage: 'vcpu-wakeup' },
  ],
  rules: [
    {
      point: 'kvm:irqfd',
      events: ['irqfd_wakeup', 'kvm_arch_set_irq_inatomic', 'kvm_set_msi', 'kvm_msi_set_irq'],
      standIns: OF_IRQFD,
      join: { by: 'backend' },
      settled: USED_ENTRIES,
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['guest:irq'],
    },
    {
      point: 'backend:call',
      events: ['virtio_notify_irqfd', 'vu_queue_notify', 'virtio_notify', 'rte_vhost_vring_call_nonblock'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['backend:push', 'host:complete', 'guest:issue'],
      before: ['kvm:irqfd', 'guest:irq', 'guest:complete'],
    },
    {
      point: 'backend:call-write',
      events: ['eventfd_write', 'sys_enter_write'],
      standIns: OF_EVENTFD_WRITE,
      join: { by: 'task', of: 'kvm:irqfd' },
      pick: 'last',
      after: ['backend:push', 'host:complete', 'guest:issue'],
      before: ['kvm:irqfd'],
      certain: true,
    },
    ...afterIrqfd('task'),
  ],
};

/**
 * KVM's part of an injection, whoever raised the irqfd: a thread of the back-end, whose own the rest is, or an interrupt, for
 * which only its CPU tells that.
 */
export function afterIrqfd(by: 'task' | 'cpu'): readonly PointRule[] {
  return [
    {
      point: 'kvm:inject',
      events: ['kvm_apic_accept_irq', 'kvm_apicv_accept_irq', 'kvm_msi_set_irq'],
      join: { by, of: 'kvm:irqfd' },
      pick: 'first',
      after: ['kvm:irqfd'],
      before: ['guest:irq'],
      certain: true,
    },
    {
      point: 'kvm:inject',
      events: ['kvm_apic_accept_irq', 'kvm_apicv_accept_irq', 'kvm_msi_set_irq'],
      join: { by: 'window' },
      settled: USED_ENTRIES,
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['guest:irq'],
      tag: 'learned',
      tagBelow: FIRST_SYSTEM_VECTOR,
    },
    {
      point: 'kvm:deliver',
      events: ['kvm_inj_virq'],
      join: { by: 'vcpu', of: 'guest:irq' },
      pick: 'first',
      after: ['kvm:inject'],
      before: ['guest:irq'],
      tag: { sameAs: 'kvm:inject' },
      certain: true,
    },
    {
      point: 'kvm:entry',
      events: ['kvm_entry'],
      // Without it another entry, before the clocks' bound lets the right one be seen, would be taken.
      onlyWith: 'kvm:deliver',
      join: { by: 'vcpu', of: 'guest:irq' },
      pick: 'first',
      after: ['kvm:inject', 'kvm:deliver'],
      before: ['guest:irq'],
      certain: true,
    },
    {
      point: 'kvm:halt',
      events: ['kvm_exit'],
      join: { by: 'vcpu', of: 'guest:irq' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['kvm:entry'],
      tag: HALT_EXIT,
      certain: true,
    },
  ];
}
