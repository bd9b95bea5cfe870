/** Tells which machine a stream is of, and when it was given for the wrong one, from events that only one side can have. */
import type { Occurrences } from '../trace/occurrences.ts';

/** Events of what serves a guest's disk. */
export const HOST_EVENTS: readonly string[] = [
  'kvm_exit',
  'kvm_entry',
  'kvm_mmio',
  'ioeventfd_write',
  'eventfd_signal',
  'eventfd_signal_mask',
  'irqfd_wakeup',
  'vfio_msihandler',
  'virtio_queue_notify',
  'virtio_blk_handle_read',
  'nvme_submit_command',
  'process_blk_task',
  'BDEV_IO_START',
];
/** Events of a guest's drivers. */
export const GUEST_EVENTS: readonly string[] = [
  'vp_notify',
  'virtqueue_notify',
  'virtblk_done',
  'vring_interrupt',
];
/** A sentence when the two streams seem to be swapped, or one is given twice; undefined when they are plausible. */
export function misplaced(guest: Occurrences, host: Occurrences): string | undefined {
  const count = (side: Occurrences, events: readonly string[]) =>
    events.reduce((sum, event) => sum + side.count(event), 0);
  if (count(host, HOST_EVENTS) > 0) return undefined;
  if (count(guest, ['kvm_entry', 'kvm_exit']) > 0)
    return 'the guest’s trace holds events of KVM and the host’s none: they seem to be swapped';
  const sameTasks = [...guest.table.tasks].some(
    ([tid, { comm }]) => tid !== 0 && comm !== '' && host.table.tasks.get(tid)?.comm === comm,
  );
  if (count(host, GUEST_EVENTS) > 0 && sameTasks)
    return 'the host’s trace holds no event of KVM, eventfds, VFIO, QEMU or SPDK, and tasks and drivers of the guest: it seems to be the guest’s';
  return undefined;
}
