/**
 * The points a recording of this machine's own disk needs, as data: those of the paths in
 * `src/paths/bare-metal-nvme.ts` and no more, because each costs a few hundred nanoseconds a hit.
 */
import { IO_CALLS } from '../paths/io-calls.ts';
import type { BlockDevice } from './block-devices.ts';
import type { Filter, WantedTracepoint } from './wanted-point.ts';

/** What to record for a disk; `interrupts` are the names in /proc/interrupts. */
export function diskPoints(disk: BlockDevice, interrupts: readonly string[]): WantedTracepoint[] {
  // The kernel's own dev_t, not that of user space: include/linux/kdev_t.h.
  const onDisk = { field: 'dev', equals: disk.major * 2 ** 20 + disk.minor };
  return [
    // Where there is a scheduler a task also issues what others have asked for; these say who did.
    machine('block', 'block_rq_insert', { filter: onDisk }),
    machine('block', 'block_rq_merge', { filter: onDisk }),
    machine('block', 'block_rq_requeue', { filter: onDisk }),
    machine('block', 'block_rq_issue', { required: true, filter: onDisk }),
    machine('block', 'block_rq_complete', { required: true, filter: onDisk }),
    machine('irq', 'irq_handler_entry', { filter: interruptFilter(disk, interrupts) }),
    ...(disk.driver === 'nvme' ? [machine('nvme', 'nvme_setup_cmd'), machine('nvme', 'nvme_sq')] : []),
    ...IO_CALLS.flatMap((call) => [
      ofTasks('syscalls', `sys_enter_${call}`),
      ofTasks('syscalls', `sys_exit_${call}`),
    ]),
    // Renamed in 6.4.
    ofTasks('io_uring', 'io_uring_submit_req', 'io_uring_submit_sqe'),
    ofTasks('io_uring', 'io_uring_complete'),
  ];
}

function machine(
  system: string,
  name: string,
  more: Pick<WantedTracepoint, 'required' | 'filter'> = {},
): WantedTracepoint {
  return { kind: 'tracepoint', scope: 'machine', system, names: [name], ...more };
}

function ofTasks(system: string, ...names: readonly string[]): WantedTracepoint {
  return { kind: 'tracepoint', scope: 'tasks', system, names };
}

/**
 * Only the interrupts of the disk's driver, where their names tell it: `nvme0q3`, `virtio1-req.0`. Undefined (all
 * interrupts of the machine) where no name does.
 */
function interruptFilter(disk: BlockDevice, interrupts: readonly string[]): Filter | undefined {
  const prefix = disk.driver === 'nvme' ? 'nvme' : disk.driver === 'virtio_blk' ? disk.parent : '';
  if (!/^[a-z]+\d*$/.test(prefix) || !interrupts.some((name) => name.startsWith(prefix))) return undefined;
  return { field: 'name', begins: prefix };
}
