/**
 * Stretches that several paths share, each as its points (critical order) and the rules that find them (order of the
 * search). Facts: virt/kvm/eventfd.c, arch/x86/kvm, block/blk-mq.c, drivers/block/virtio_blk.c, QEMU's hw/block/virtio-blk.c.
 */
import type { PathPoint, PointRule } from './io-path.ts';

/** Exit class of kvm_exit for a doorbell behind an unmapped page (EPT_MISCONFIG, NPF). */
const MMIO_EXIT = 1;
/** Exit class of kvm_exit for HLT. */
const HALT_EXIT = 3;

export interface Segment {
  readonly points: readonly PathPoint[];
  readonly rules: readonly PointRule[];
}

/** System call to the issued request, in a guest. */
export const guestSubmit: Segment = {
  points: [
    { point: 'app:submit' },
    { point: 'guest:driver', detail: true },
    { point: 'guest:issue', stage: 'guest-submit' },
  ],
  rules: [
    {
      point: 'guest:driver',
      events: ['virtio_queue_rq', 'virtio_queue_rqs', 'nvme_queue_rq', 'nvme_queue_rqs'],
      join: { by: 'task', of: 'guest:issue' },
      pick: 'last',
      after: ['app:submit'],
      before: ['guest:issue'],
      certain: true,
    },
  ],
};

/** Interrupt to the system call's return, in a guest. */
export const guestInterrupt: Segment = {
  points: [
    { point: 'guest:irq', stage: 'guest-irq' },
    { point: 'guest:complete', stage: 'guest-complete' },
    { point: 'app:return', stage: 'guest-wakeup' },
  ],
  rules: [
    {
      point: 'guest:irq',
      events: ['irq_handler_entry', 'vring_interrupt', 'nvme_irq'],
      join: { by: 'cpu', of: 'guest:complete' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['guest:complete'],
      dev: 'learned',
      certain: true,
    },
  ],
};

/** The guest's polling task finds the completion. `stage` is what the time up to that is called. */
export function guestPolls(stage: 'device' | 'guest-poll-pickup'): Segment {
  return {
    points: [
      { point: 'guest:poll-found', stage },
      { point: 'guest:complete', stage: 'guest-complete' },
      { point: 'app:return', stage: 'guest-wakeup' },
    ],
    rules: [
      {
        point: 'guest:poll-found',
        events: ['nvme_sq', 'virtblk_complete_batch', 'virtblk_poll_ret', 'nvme_poll_ret'],
        join: { by: 'task', of: 'guest:complete' },
        pick: 'last',
        after: ['guest:issue'],
        before: ['guest:complete'],
        certain: true,
      },
    ],
  };
}

/** Doorbell write to the ioeventfd. AMD decodes it (kvm_mmio) before signalling, Intel's fast path signals first. */
export const kick: Segment = {
  points: [
    { point: 'guest:kick', detail: true },
    { point: 'kvm:exit', stage: 'guest-kick' },
    { point: 'kvm:mmio', detail: true },
    { point: 'kvm:ioeventfd', stage: 'kick-exit' },
  ],
  rules: [
    {
      point: 'guest:kick',
      events: ['vp_notify', 'virtqueue_notify'],
      join: { by: 'task', of: 'guest:issue' },
      pick: 'first',
      after: ['guest:issue'],
      before: ['guest:complete'],
      certain: true,
    },
    {
      point: 'kvm:mmio',
      events: ['ioeventfd_write', 'kvm_mmio', 'kvm_fast_mmio'],
      onlyWith: 'guest:kick',
      join: { by: 'vcpu', of: 'guest:issue' },
      pick: 'first',
      after: ['guest:issue'],
      before: ['guest:complete'],
      tag: 'learned',
      certain: true,
    },
    {
      point: 'kvm:exit',
      events: ['kvm_exit'],
      join: { by: 'vcpu', of: 'guest:issue' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['kvm:mmio'],
      tag: MMIO_EXIT,
      certain: true,
    },
    {
      point: 'kvm:resume',
      events: ['kvm_entry'],
      join: { by: 'vcpu', of: 'guest:issue' },
      pick: 'first',
      after: ['kvm:mmio'],
      before: ['guest:complete'],
      certain: true,
    },
    {
      point: 'kvm:ioeventfd',
      events: ['eventfd_signal', 'eventfd_signal_mask'],
      onlyWith: 'guest:kick',
      join: { by: 'vcpu', of: 'guest:issue' },
      pick: 'first',
      after: ['kvm:exit'],
      before: ['kvm:resume', 'guest:complete'],
      tag: 'learned',
      certain: true,
    },
  ],
};

/** Back-end thread wakes and drains the kick. The first read of an eventfd after a signal drains that signal. */
export const kickRead: Segment = {
  points: [
    { point: 'backend:awake', detail: true },
    { point: 'backend:notifier', detail: true },
    { point: 'backend:kick-read', stage: 'iothread-wakeup' },
  ],
  rules: [
    {
      point: 'backend:kick-read',
      events: ['eventfd_read', 'sys_enter_read'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['kvm:ioeventfd', 'kvm:mmio'],
      before: [
        'backend:pickup',
        'backend:block',
        'backend:submit',
        'host:issue',
        'vfio:irq',
        'kvm:irqfd',
        'guest:complete',
      ],
      certain: true,
    },
    {
      point: 'backend:notifier',
      events: ['virtio_queue_host_notifier_read'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['kvm:ioeventfd', 'kvm:mmio'],
      before: [
        'backend:pickup',
        'backend:block',
        'backend:submit',
        'host:issue',
        'vfio:irq',
        'kvm:irqfd',
        'guest:complete',
      ],
      certain: true,
    },
    {
      point: 'backend:awake',
      events: ['sys_exit_ppoll', 'sys_exit_io_uring_enter', 'sys_exit_epoll_wait', 'sys_exit_epoll_pwait'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['kvm:ioeventfd', 'kvm:mmio'],
      before: ['backend:kick-read'],
      certain: true,
    },
  ],
};

/** Host block layer below a QEMU or qemu-storage-daemon that opened the drive's block device (or a file on it). */
export const hostBlock: Segment = {
  points: [
    { point: 'backend:submit', stage: 'qemu-block' },
    { point: 'host:driver', detail: true },
    { point: 'host:setup', detail: true },
    { point: 'host:issue', stage: 'host-submit' },
    { point: 'host:irq', stage: 'device' },
    { point: 'host:complete', stage: 'host-irq' },
  ],
  rules: [
    {
      point: 'host:issue',
      events: ['block_rq_issue'],
      join: { by: 'sector' },
      pick: 'first',
      after: [],
      before: [],
      certain: true,
    },
    {
      point: 'host:complete',
      events: ['block_rq_complete'],
      join: { by: 'sector' },
      pick: 'first',
      after: [],
      before: [],
      certain: true,
    },
    {
      point: 'backend:submit',
      events: [
        'sys_enter_io_submit',
        'sys_enter_io_uring_enter',
        'sys_enter_preadv',
        'sys_enter_pread64',
        'laio_co_submit',
        'luring_co_submit',
      ],
      join: { by: 'task', of: 'host:issue' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['host:issue'],
      certain: true,
    },
    {
      point: 'host:driver',
      events: ['nvme_queue_rq', 'nvme_queue_rqs', 'virtio_queue_rq', 'virtio_queue_rqs'],
      join: { by: 'task', of: 'host:issue' },
      pick: 'last',
      after: ['backend:submit', 'guest:issue'],
      before: ['host:issue'],
      certain: true,
    },
    {
      point: 'host:setup',
      events: ['nvme_setup_cmd'],
      join: { by: 'task', of: 'host:issue' },
      pick: 'last',
      after: ['backend:submit', 'guest:issue'],
      before: ['host:issue'],
      certain: true,
    },
    {
      point: 'host:irq',
      events: ['irq_handler_entry'],
      join: { by: 'cpu', of: 'host:complete' },
      pick: 'last',
      after: ['host:issue'],
      before: ['host:complete'],
      dev: 'learned',
      certain: true,
    },
    {
      point: 'host:irq',
      events: ['nvme_irq', 'nvme_sq'],
      join: { by: 'cpu', of: 'host:complete' },
      pick: 'last',
      after: ['host:issue'],
      before: ['host:complete'],
      certain: true,
    },
  ],
};

/** What QEMU does between the virtqueue and the host's system call, as far as it is probed. */
export const qemuSubmit: Segment = {
  points: [
    { point: 'backend:pickup', stage: 'virtio-parse' },
    { point: 'backend:pop', detail: true },
    { point: 'backend:block', stage: 'virtio-parse' },
    { point: 'backend:aio', detail: true },
  ],
  rules: [
    {
      point: 'backend:aio',
      events: ['laio_co_submit', 'luring_co_submit'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:submit', 'host:issue'],
    },
    {
      point: 'backend:block',
      events: ['blk_aio_preadv', 'blk_aio_pwritev'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:aio', 'backend:submit', 'host:issue', 'guest:complete'],
    },
    {
      point: 'backend:pickup',
      events: ['virtio_blk_handle_vq', 'virtio_queue_notify'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:block', 'backend:submit', 'host:issue'],
    },
    {
      point: 'backend:pop',
      events: ['virtqueue_pop'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['backend:pickup', 'guest:issue'],
      before: ['backend:block', 'backend:submit', 'host:issue'],
    },
  ],
};

/** Host completion to the back-end having seen it: AIO eventfd in the interrupt, or io_uring task work. */
export const aioComplete: Segment = {
  points: [
    { point: 'host:aio-done', detail: true },
    { point: 'host:aio-notify', stage: 'complete-notify' },
    { point: 'backend:complete-awake', detail: true },
    { point: 'backend:complete-read', stage: 'iothread-complete-wakeup' },
    { point: 'backend:reap', stage: 'qemu-complete' },
  ],
  rules: [
    {
      point: 'host:aio-done',
      events: ['aio_complete_rw', 'io_complete_rw'],
      join: { by: 'cpu', of: 'host:complete' },
      pick: 'first',
      after: ['host:complete'],
      before: ['guest:complete'],
      certain: true,
    },
    {
      point: 'host:aio-notify',
      events: ['eventfd_signal', 'eventfd_signal_mask'],
      join: { by: 'cpu', of: 'host:complete' },
      pick: 'first',
      after: ['host:aio-done', 'host:complete'],
      before: ['backend:reap', 'backend:push', 'kvm:irqfd'],
      tag: 'learned',
      certain: true,
    },
    {
      point: 'host:aio-notify',
      events: ['io_uring_complete'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['host:complete'],
      before: ['backend:reap', 'backend:push', 'kvm:irqfd'],
    },
    {
      point: 'backend:complete-read',
      events: ['eventfd_read', 'sys_enter_read'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['host:aio-notify'],
      before: ['backend:reap', 'backend:push', 'kvm:irqfd'],
      certain: true,
    },
    {
      point: 'backend:complete-awake',
      events: ['sys_exit_ppoll', 'sys_exit_io_uring_enter', 'sys_exit_epoll_wait', 'sys_exit_epoll_pwait'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['host:complete'],
      before: ['backend:complete-read', 'backend:reap', 'backend:push', 'kvm:irqfd'],
      certain: true,
    },
  ],
};

/** The back-end puts the completion on the used ring. */
export const usedEntry: Segment = {
  points: [{ point: 'backend:push', stage: 'qemu-complete' }],
  rules: [
    {
      point: 'backend:push',
      events: ['virtqueue_push', 'vu_queue_push'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['kvm:irqfd', 'guest:irq', 'guest:poll-found', 'guest:complete'],
    },
    {
      point: 'backend:reap',
      events: ['aio_co_wake'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['backend:push', 'kvm:irqfd', 'guest:complete'],
    },
  ],
};

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
      join: { by: 'backend' },
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
      join: { by: 'task', of: 'kvm:irqfd' },
      pick: 'last',
      after: ['backend:push', 'host:complete', 'guest:issue'],
      before: ['kvm:irqfd'],
      certain: true,
    },
    ...afterIrqfd(),
  ],
};

/** The drive's interrupt, taken by VFIO on the host. */
export const vfioInterrupt: Segment = {
  points: [
    { point: 'vfio:irq', stage: 'device' },
    { point: 'vfio:handler', detail: true },
  ],
  rules: [
    {
      point: 'vfio:handler',
      events: ['vfio_msihandler'],
      join: { by: 'window' },
      pick: 'last',
      after: ['nvme:doorbell', 'backend:block', 'guest:issue'],
      before: ['nvme:complete', 'backend:reap', 'backend:push', 'kvm:irqfd', 'guest:irq', 'guest:complete'],
    },
    {
      point: 'vfio:irq',
      events: ['irq_handler_entry'],
      join: { by: 'cpu', of: 'vfio:handler' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['vfio:handler'],
      certain: true,
    },
    {
      point: 'vfio:irq',
      events: ['irq_handler_entry'],
      join: { by: 'window' },
      pick: 'last',
      after: ['nvme:doorbell', 'backend:block', 'guest:issue'],
      before: ['nvme:complete', 'backend:reap', 'backend:push', 'kvm:irqfd', 'guest:irq', 'guest:complete'],
      dev: 'learned',
    },
  ],
};

/** KVM's part of an injection, whoever raised the irqfd. */
export function afterIrqfd(): readonly PointRule[] {
  return [
    {
      point: 'kvm:inject',
      events: ['kvm_apic_accept_irq', 'kvm_apicv_accept_irq', 'kvm_msi_set_irq'],
      join: { by: 'cpu', of: 'kvm:irqfd' },
      pick: 'first',
      after: ['kvm:irqfd'],
      before: ['guest:irq'],
      certain: true,
    },
    {
      point: 'kvm:inject',
      events: ['kvm_apic_accept_irq', 'kvm_apicv_accept_irq', 'kvm_msi_set_irq'],
      join: { by: 'window' },
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['guest:irq'],
      tag: 'learned',
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
