/** The points a recording needs inside a guest, as data: those of the paths of `src/paths/` that lie there. */
import { IO_CALLS } from '../../paths/io-calls.ts';
import type { KernelFunction, WantedPoint } from '../wanted-point.ts';
import type { GuestBlockDevice } from './guest-disks.ts';

/** What to record of a disk of the guest. */
export function guestPoints(disk: GuestBlockDevice): WantedPoint[] {
  // The kernel's own dev_t, not that of user space: include/linux/kdev_t.h.
  const onDisk = { field: 'dev', equals: disk.major * 2 ** 20 + disk.minor };
  const isNvme = disk.driver === 'nvme';
  return [
    {
      kind: 'tracepoint',
      scope: 'machine',
      system: 'block',
      names: ['block_rq_issue'],
      required: true,
      filter: onDisk,
    },
    {
      kind: 'tracepoint',
      scope: 'machine',
      system: 'block',
      names: ['block_rq_complete'],
      required: true,
      filter: onDisk,
    },
    {
      kind: 'tracepoint',
      scope: 'machine',
      system: 'irq',
      names: ['irq_handler_entry'],
      // nvme0q3, virtio1-req.0
      filter: { field: 'name', begins: isNvme ? disk.parent : `${disk.parent}-` },
    },
    ...(isNvme ? NVME : VIRTIO),
    ...IO_CALLS.flatMap((call) => [
      ofTasks('syscalls', `sys_enter_${call}`),
      ofTasks('syscalls', `sys_exit_${call}`),
    ]),
    // Renamed in 6.4.
    ofTasks('io_uring', 'io_uring_submit_req', 'io_uring_submit_sqe'),
    ofTasks('io_uring', 'io_uring_complete'),
  ];
}

/** The kick, and completions a polling task finds. `vp_notify` is nearer to the doorbell; it is static and can be inlined. */
const VIRTIO: readonly WantedPoint[] = [
  kprobe('vp_notify', 'virtqueue_notify'),
  // Only called for completions found by polling (virtblk_poll, drivers/block/virtio_blk.c, from 6.1).
  kprobe('virtblk_complete_batch'),
];

const NVME: readonly WantedPoint[] = [
  { kind: 'tracepoint', scope: 'machine', system: 'nvme', names: ['nvme_setup_cmd'] },
  { kind: 'tracepoint', scope: 'machine', system: 'nvme', names: ['nvme_sq'] },
];

function ofTasks(system: string, ...names: readonly string[]): WantedPoint {
  return { kind: 'tracepoint', scope: 'tasks', system, names };
}

function kprobe(...symbols: readonly string[]): WantedPoint {
  const functions = symbols.map((symbol): KernelFunction => ({ symbol, fetch: [] }));
  return { kind: 'kprobe', scope: 'machine', functions };
}
