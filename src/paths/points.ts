/**
 * The vocabulary of points: every place in the stack that stamps a time, whatever event stamps it.
 * A path puts them in order; `iotrace explain POINT` prints these sentences.
 */
export interface Point {
  readonly id: string;
  /** The machine whose clock stamps it; 'app' is wherever the application runs: the guest, or the host on bare metal. */
  readonly side: 'app' | 'guest' | 'host';
  /** A few words for a table. */
  readonly title: string;
  /** One sentence: what has happened when this time is taken. */
  readonly meaning: string;
}

const define = <const I extends string>(
  id: I,
  side: Point['side'],
  title: string,
  meaning: string,
): Point & { readonly id: I } => ({
  id,
  side,
  title,
  meaning,
});

export const POINTS = [
  define(
    'app:begin',
    'app',
    'application begins',
    'The application’s own time stamp before it asks for the request (its request log).',
  ),
  define(
    'app:end',
    'app',
    'application has it',
    'The application’s own time stamp after it has the result (its request log).',
  ),
  define(
    'app:submit',
    'app',
    'system call',
    'The application enters the kernel with the request (preadv2, io_uring_enter …).',
  ),
  define(
    'guest:driver',
    'guest',
    'driver entry',
    'blk-mq hands the request to the virtio-blk or nvme driver.',
  ),
  define(
    'guest:issue',
    'guest',
    'request issued',
    'block_rq_issue: the driver accepted the request; the descriptor or command is not yet visible to the device.',
  ),
  define(
    'guest:kick',
    'guest',
    'kick',
    'vp_notify: the driver is about to write the doorbell that makes the vCPU exit.',
  ),
  define(
    'guest:irq',
    'guest',
    'guest interrupt',
    'irq_handler_entry in the guest: the earliest sign of the completion there.',
  ),
  define(
    'guest:poll-found',
    'guest',
    'poll found it',
    'The polling task found the completion itself; no interrupt was taken.',
  ),
  define('guest:complete', 'guest', 'request completed', 'block_rq_complete in the guest.'),
  define(
    'app:return',
    'app',
    'system call returns',
    'The system call that waited for the request returns to the application.',
  ),

  define(
    'cycle:next',
    'host',
    'next request submitted',
    'The back-end enters the host kernel with the request that comes next (only the host was recorded).',
  ),
  define('kvm:exit', 'host', 'vmexit', 'kvm_exit for the doorbell write: the vCPU has left the guest.'),
  define(
    'kvm:mmio',
    'host',
    'doorbell decoded',
    'kvm_mmio or ioeventfd_write: KVM knows which doorbell was written.',
  ),
  define(
    'kvm:ioeventfd',
    'host',
    'ioeventfd signalled',
    'eventfd_signal on the queue’s kick eventfd, in the vCPU thread.',
  ),
  define(
    'kvm:resume',
    'host',
    'vCPU back in guest',
    'kvm_entry after the kick: the vCPU runs on while the back-end works.',
  ),
  define(
    'kvm:halt',
    'host',
    'vCPU halted',
    'kvm_exit HLT: the vCPU had gone to sleep before the completion.',
  ),
  define(
    'kvm:deliver',
    'host',
    'interrupt delivered',
    'kvm_inj_virq: KVM puts the vector into the coming entry.',
  ),
  define(
    'backend:awake',
    'host',
    'back-end awake',
    'The back-end thread’s wait (ppoll, io_uring_enter) returned.',
  ),
  define(
    'backend:notifier',
    'host',
    'notifier handler',
    'QEMU’s host-notifier handler was called for the kick.',
  ),
  define('backend:kick-read', 'host', 'kick read', 'The back-end thread drained the kick eventfd.'),
  define(
    'backend:pickup',
    'host',
    'virtqueue handled',
    'The back-end thread looks at the virtqueue (after a kick, or found by polling).',
  ),
  define(
    'backend:pop',
    'host',
    'request popped',
    'virtqueue_pop: the back-end takes descriptors off the ring.',
  ),
  define(
    'backend:parsed',
    'host',
    'request parsed',
    'The virtio-blk header is parsed; sector and length are known.',
  ),
  define('backend:block', 'host', 'block layer entry', 'The request enters QEMU’s (or SPDK’s) block layer.'),
  define(
    'backend:aio',
    'host',
    'protocol driver',
    'laio_co_submit or luring_co_submit: the file driver has the request.',
  ),
  define(
    'backend:submit',
    'host',
    'host system call',
    'The back-end enters the host kernel with the request (io_submit, io_uring_enter, preadv).',
  ),
  define('host:setup', 'host', 'command built', 'nvme_setup_cmd on the host.'),
  define(
    'host:issue',
    'host',
    'host request issued',
    'block_rq_issue on the host: the host’s driver accepted the request.',
  ),
  define('host:driver', 'host', 'driver entry', 'blk-mq hands the request to the host’s driver.'),
  define(
    'host:poll-found',
    'host',
    'poll found it',
    'The polling task on the host found the completion itself; no interrupt was taken.',
  ),
  define('host:irq', 'host', 'drive interrupt', 'irq_handler_entry for the drive’s queue on the host.'),
  define('host:complete', 'host', 'host request completed', 'block_rq_complete on the host.'),
  define(
    'host:aio-done',
    'host',
    'completion posted',
    'aio_complete_rw or io_complete_rw: the result goes into the completion ring.',
  ),
  define(
    'host:aio-notify',
    'host',
    'completion signalled',
    'The kernel signals the AIO eventfd, or posts the io_uring completion.',
  ),
  define('nvme:prw', 'host', 'nvme:// driver entry', 'QEMU’s userspace NVMe driver has the request.'),
  define(
    'nvme:submit',
    'host',
    'NVMe command written',
    'nvme_submit_command: the command goes into the submission queue.',
  ),
  define('nvme:doorbell', 'host', 'NVMe doorbell', 'nvme_kick: immediately before the doorbell write.'),
  define(
    'vfio:irq',
    'host',
    'VFIO interrupt',
    'irq_handler_entry of vfio-msi(x) on the host: the drive’s interrupt arrived.',
  ),
  define('vfio:handler', 'host', 'VFIO handler', 'vfio_msihandler: VFIO’s handler runs in that interrupt.'),
  define(
    'vfio:signal',
    'host',
    'VFIO eventfd',
    'vfio_msihandler signals the eventfd that stands for the interrupt.',
  ),
  define(
    'backend:complete-awake',
    'host',
    'back-end awake again',
    'The back-end thread’s wait returned for the completion.',
  ),
  define(
    'backend:complete-read',
    'host',
    'completion read',
    'The back-end thread drained the eventfd of the completion.',
  ),
  define(
    'nvme:event',
    'host',
    'NVMe event handled',
    'nvme_handle_event: the interrupt’s eventfd woke the driver.',
  ),
  define(
    'nvme:complete',
    'host',
    'NVMe completion seen',
    'The userspace driver consumed the completion entry.',
  ),
  define('backend:reap', 'host', 'request resumed', 'The request’s coroutine is woken or its callback runs.'),
  define(
    'backend:done',
    'host',
    'device model told',
    'virtio_blk_rw_complete: the block layer called the device model back.',
  ),
  define(
    'backend:push',
    'host',
    'used entry',
    'virtqueue_push (or its like): the completion is put on the used ring.',
  ),
  define('backend:call', 'host', 'call decided', 'The back-end decided to interrupt the guest.'),
  define('backend:call-write', 'host', 'call eventfd written', 'eventfd_write on the call eventfd.'),
  define('kvm:irqfd', 'host', 'irqfd', 'irqfd_wakeup: KVM takes over the completion.'),
  define(
    'kvm:inject',
    'host',
    'interrupt accepted',
    'kvm_apic_accept_irq: the vCPU’s local APIC has the vector.',
  ),
  define(
    'kvm:entry',
    'host',
    'vmentry',
    'kvm_entry: the vCPU is about to enter the guest that takes the interrupt.',
  ),
  define('spdk:bdev', 'host', 'bdev entry', 'SPDK’s block device layer has the request.'),
  define(
    'spdk:submit',
    'host',
    'SPDK NVMe submit',
    'NVME_PCIE_SUBMIT: before the command is copied and the doorbell written.',
  ),
  define(
    'spdk:complete',
    'host',
    'SPDK NVMe completion',
    'NVME_PCIE_COMPLETE: the reactor found the completion entry.',
  ),
  define('spdk:bdev-done', 'host', 'bdev done', 'SPDK’s block device layer finished the request.'),
] as const satisfies readonly Point[];

export type PointId = (typeof POINTS)[number]['id'];

const BY_ID = new Map<string, Point>(POINTS.map((point) => [point.id, point]));

/** The point of an id. Throws when the vocabulary has no such point. */
export function pointById(id: string): Point {
  const point = BY_ID.get(id);
  if (point === undefined) throw new Error(`no point is named ${id}`);
  return point;
}
