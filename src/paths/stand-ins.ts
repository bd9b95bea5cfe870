/**
 * Events that stand for a point when its own was not recorded, and the moment they stamp instead. They lie close by: within the same
 * system call, the same interrupt or the same call of KVM; how close is not known of a recording.
 */
import type { PointRule } from './io-path.ts';

type StandIns = NonNullable<PointRule['standIns']>;

/** fs/eventfd.c `eventfd_read` and `eventfd_write` are called by these. */
export const OF_EVENTFD_READ: StandIns = { sys_enter_read: 'the beginning of the system call that reads it' };
export const OF_EVENTFD_WRITE: StandIns = {
  sys_enter_write: 'the beginning of the system call that writes it',
};

/** kernel/irq/handle.c traces `irq_handler_entry` and then calls these. */
export const OF_IRQ_ENTRY: StandIns = {
  vring_interrupt: 'the driver’s own handler, which begins a little later',
  nvme_irq: 'the driver’s own handler, which begins a little later',
};

/** virt/kvm/eventfd.c `irqfd_wakeup` calls these. */
export const OF_IRQFD: StandIns = {
  kvm_arch_set_irq_inatomic: 'what it calls to inject the interrupt',
  kvm_set_msi: 'what it calls to inject the interrupt',
  kvm_msi_set_irq: 'the message of the interrupt, which it sends a little later',
};

/** An event that stands for a point, the event of its own, and the moment that is stamped in place of its own. */
export interface StandIn {
  readonly event: string;
  readonly instead: string;
  readonly moment: string;
}

/** Undefined for an event that stamps the point itself. */
export function standInOf({ events, standIns }: PointRule, event: string): StandIn | undefined {
  const moment = standIns?.[event];
  return moment === undefined ? undefined : { event, instead: events[0]!, moment };
}
