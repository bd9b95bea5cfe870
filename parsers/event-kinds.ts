/**
 * The raw events iotrace understands, whatever tracer wrote them, and what each parser puts into the three
 * numeric columns of a row. Everything else a trace holds is counted and left out.
 *
 * Columns of a row, beside time, cpu and tid:
 *   dev   who or what it is about, a small unsigned integer (0 when it has no meaning)
 *   tag   the key that follows a request or names the object, up to 2^53 (NaN when the tracer did not record it)
 *   aux   a second, signed 32-bit value (0 when it has no meaning, -1 where 0 would be a value and none was recorded)
 *
 * Meaning by shape (`probes` = kernel tracepoint format files, virt/kvm, block, nvme; QEMU trace-events):
 *   rq       dev major << 20 | minor, tag first sector (512 B), aux packed sectors and direction (see packRequest)
 *   nvme     dev controller number, tag command id without generation counter (cid & 0xfff), aux queue id
 *   irq      dev string id of the handler's name (0 = not recorded), tag interrupt number
 *   vcpu     dev vCPU (or APIC) id, tag per event: exit class, vector, nanoseconds …
 *   eventfd  tag eventfd id (the `eventfd-id:` of /proc/PID/fdinfo/FD), NaN where the probe did not fetch it
 *   addr     tag guest physical address (kernel pointers: their low 48 bits)
 *   enter    tag first argument worth keeping (a file descriptor, or the number of submissions), aux second
 *   exit     tag return value
 *   plain    none
 */
export type EventShape = 'rq' | 'nvme' | 'irq' | 'vcpu' | 'eventfd' | 'addr' | 'enter' | 'exit' | 'plain';

/** Exit reasons that matter to a storage path, the `tag` of `kvm_exit`. VMX and SVM numbers map to the same class. */
export const EXIT_CLASS = { other: 0, mmio: 1, pio: 2, halt: 3, interrupt: 4 } as const;

const SHAPES: Record<EventShape, readonly string[]> = {
  rq: [
    'block_bio_queue',
    'block_bio_backmerge',
    'block_bio_frontmerge',
    'block_getrq',
    'block_io_start',
    'block_rq_insert',
    'block_rq_merge',
    'block_rq_issue',
    'block_rq_requeue',
    'block_rq_complete',
    'block_io_done',
    // QEMU's view of the same sectors: dev 0. Functions carry a byte offset, stored as sectors.
    'virtio_blk_handle_read',
    'virtio_blk_handle_write',
    'blk_aio_preadv',
    'blk_aio_pwritev',
    'nvme_rw_done',
    'BDEV_IO_START',
  ],
  nvme: [
    'nvme_setup_cmd',
    'nvme_sq', // tag NaN: a CQE was found; the event has no command id
    'nvme_complete_rq',
    // QEMU block/nvme.c trace events: dev 0, aux q_index
    'nvme_submit_command',
    'nvme_kick',
    'nvme_process_completion',
    'nvme_complete_command',
    'nvme_poll_queue',
  ],
  irq: ['irq_handler_entry', 'irq_handler_exit', 'vring_interrupt', 'nvme_irq'],
  vcpu: [
    'kvm_exit', // tag EXIT_CLASS
    'kvm_entry',
    'kvm_msi_set_irq', // dev destination, tag vector
    'kvm_apic_accept_irq', // dev APIC id, tag vector
    'kvm_apicv_accept_irq',
    'kvm_inj_virq', // dev 0, tag vector
    'kvm_eoi',
    'kvm_vcpu_wakeup', // tag waited ns, aux 1 when it slept, 0 when host halt polling caught it
    'kvm_halt_poll_ns', // tag new window in ns, aux old
    'kvm_set_irq', // tag gsi
    'kvm_userspace_exit', // tag reason
    'kvm_pi_irte_update', // dev vCPU, tag gsi, aux 1 set, 0 cleared
    'cpu_idle', // dev cpu, tag state (-1 = exit)
    'sched_switch', // dev previous tid, tag next tid, aux previous state
    'sched_waking', // tag tid
    'sched_wakeup',
  ],
  eventfd: ['eventfd_signal', 'eventfd_signal_mask', 'eventfd_read', 'eventfd_write'],
  addr: [
    'kvm_mmio', // aux 1 write, 0 read
    'kvm_fast_mmio',
    'kvm_pio', // tag port, aux 1 write, 0 read
    'ioeventfd_write',
    // QEMU objects: tag the pointer that identifies the request or queue
    'virtio_queue_notify',
    'virtqueue_push',
    'virtqueue_fill',
    'virtqueue_flush', // tag the queue: the guest can see the used element from here
    'virtio_blk_rw_complete',
    'virtio_blk_req_complete',
    'virtio_notify_irqfd',
    'virtio_notify',
  ],
  enter: [
    'sys_enter_read',
    'sys_enter_pread64',
    'sys_enter_preadv',
    'sys_enter_preadv2', // aux flags
    'sys_enter_write',
    'sys_enter_pwrite64',
    'sys_enter_pwritev',
    'sys_enter_pwritev2', // aux flags
    'sys_enter_io_submit', // tag nr
    'sys_enter_io_getevents', // tag min_nr
    'sys_enter_io_pgetevents',
    'sys_enter_io_uring_enter', // tag to_submit, aux min_complete
    'sys_enter_ppoll', // tag nfds
    'sys_enter_poll',
    'sys_enter_epoll_wait',
    'sys_enter_epoll_pwait',
    'sys_enter_ioctl', // tag fd, aux command
    'io_uring_submit_req', // tag req pointer; 'io_uring_submit_sqe' up to 6.1 is stored under this name
    'io_uring_complete', // tag req pointer
  ],
  exit: [
    'sys_exit_read',
    'sys_exit_pread64',
    'sys_exit_preadv',
    'sys_exit_preadv2',
    'sys_exit_write',
    'sys_exit_pwrite64',
    'sys_exit_pwritev',
    'sys_exit_pwritev2',
    'sys_exit_io_submit',
    'sys_exit_io_getevents',
    'sys_exit_io_pgetevents',
    'sys_exit_io_uring_enter',
    'sys_exit_ppoll',
    'sys_exit_poll',
    'sys_exit_epoll_wait',
    'sys_exit_epoll_pwait',
    'sys_exit_ioctl',
    'virtblk_poll_ret', // tag how many it found
    'nvme_poll_ret',
  ],
  plain: [
    // guest drivers
    'virtio_queue_rq',
    'virtio_queue_rqs',
    'virtqueue_notify',
    'vp_notify',
    'virtblk_done',
    'virtblk_complete_batch',
    'nvme_queue_rq',
    'nvme_queue_rqs',
    'nvme_pci_complete_batch',
    // host kernel
    'aio_complete_rw',
    'io_complete_rw',
    'vfio_msihandler',
    'irqfd_wakeup',
    'kvm_arch_set_irq_inatomic',
    'kvm_set_msi',
    'kvm_vcpu_kick',
    'kvm_vcpu_halt',
    // QEMU and qemu-storage-daemon
    'virtio_queue_host_notifier_read',
    'virtio_queue_host_notifier_aio_read',
    'virtio_blk_handle_vq',
    'virtqueue_pop',
    'virtio_blk_submit_multireq',
    'bdrv_co_preadv_part',
    'laio_co_submit',
    'luring_co_submit',
    'luring_process_completion', // QEMU 10.2: luring_cqe_handler
    'aio_co_wake',
    'event_notifier_set',
    'run_poll_handlers_begin',
    'run_poll_handlers_end', // aux 1 progress
    'nvme_handle_event',
    'nvme_co_prw_aligned',
    'nvme_aio_prw_aligned',
    'nvme_rw_cb',
    'nvme_rw_cb_bh',
    'vu_queue_pop',
    'virtio_blk_process_req',
    'blk_co_preadv',
    'vu_queue_push',
    'vu_queue_notify',
    // SPDK vhost (functions) and spdk_trace
    'process_blk_task',
    'virtio_blk_process_request',
    'bdev_io_submit',
    'nvme_pcie_qpair_submit_tracker',
    'nvme_pcie_qpair_complete_tracker',
    'spdk_bdev_io_complete',
    'blk_request_complete_cb',
    'vhost_vq_used_ring_enqueue',
    'rte_vhost_vring_call_nonblock',
    // spdk_trace: tag the first sector of the bdev_io they belong to, as its object relations say (NaN: to none)
    'BDEV_IO_DONE',
    'BDEV_NVME_IO_START',
    'BDEV_NVME_IO_DONE',
    'NVME_PCIE_SUBMIT', // aux command id
    'NVME_PCIE_COMPLETE', // aux command id
  ],
};

/** One understood event: its name as the tracer prints it, its row id, and which shape its columns have. */
export interface EventKind {
  readonly id: number;
  readonly name: string;
  readonly shape: EventShape;
}

/** All kinds; a kind's `id` is its position here. Ids live in memory only, never in a file. */
export const EVENT_KINDS: readonly EventKind[] = (Object.keys(SHAPES) as EventShape[])
  .flatMap((shape) => SHAPES[shape].map((name) => ({ name, shape })))
  .map((kind, id) => ({ id, ...kind }));

const BY_NAME = new Map(EVENT_KINDS.map((kind) => [kind.name, kind]));

/** Names that other kernel or QEMU versions give to the same point (probes differ by version, points do not). */
const ALIASES: Readonly<Record<string, string>> = {
  io_uring_submit_sqe: 'io_uring_submit_req',
  virtio_queue_host_notifier_aio_read: 'virtio_queue_host_notifier_read',
  virtblk_poll: 'virtblk_poll_ret',
  nvme_poll: 'nvme_poll_ret',
  __kvm_vcpu_kick: 'kvm_vcpu_kick',
  luring_cqe_handler: 'luring_process_completion',
};

/** The kind an event name stands for, or undefined when iotrace has no use for it. */
export function kindByName(name: string): EventKind | undefined {
  return BY_NAME.get(ALIASES[name] ?? name);
}

/** Row id of a kind that is known to exist; a typing error in the source is a thrown error at start-up. */
export function kindId(name: string): number {
  const kind = BY_NAME.get(name);
  if (kind === undefined) throw new Error(`no event kind is named ${name}`);
  return kind.id;
}

/** Direction of a block request, as the first letter of the kernel's rwbs field says. */
export const DIRECTION = { other: 0, read: 1, write: 2, flush: 3, discard: 4 } as const;

/** Packs a request's length in sectors (below 2^28) and its direction into the `aux` column. */
export function packRequest(sectors: number, direction: number): number {
  return (Math.min(sectors, 0x0fffffff) << 3) | direction;
}

/** Sectors of a packed request. */
export function requestSectors(aux: number): number {
  return aux >>> 3;
}

/** Direction of a packed request, one of DIRECTION. */
export function requestDirection(aux: number): number {
  return aux & 7;
}
