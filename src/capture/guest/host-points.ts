/**
 * The points on the host of one disk of a guest, as data: those kernel points of the paths of `src/paths/` that are the borders
 * of stages or that others are found by, and no more. Facts: probes of Linux 6.1, 6.12 and 7.2 on x86-64.
 */
import type { GuestDisk } from '../../discover/guest.ts';
import type { BlockDevice } from '../block-devices.ts';
import type { Fetch, Filter, Scope, WantedPoint } from '../wanted-point.ts';

/** Offset of `id` in struct eventfd_ctx (fs/eventfd.c), the same in 6.1, 6.12 and 7.2. */
const EVENTFD_ID: Fetch = { name: 'id', of: 0, at: [44], type: 's32' };

/** Every guest: what its vCPUs do, and the completion's way through KVM. */
const KVM: readonly WantedPoint[] = [
  tracepoint('tasks', 'kvm', ['kvm_exit'], { required: true }),
  tracepoint('tasks', 'kvm', ['kvm_entry'], { required: true }),
  tracepoint('tasks', 'kvm', ['kvm_inj_virq']),
  // In whatever context completed the request, and the second where the vCPU's APIC is virtualized by the processor.
  tracepoint('machine', 'kvm', ['kvm_apic_accept_irq']),
  tracepoint('machine', 'kvm', ['kvm_apicv_accept_irq']),
  kprobe('machine', ['irqfd_wakeup']),
];

/** A doorbell that KVM turns into an eventfd, and who waits for it. */
const KICK: readonly WantedPoint[] = [
  kprobe('tasks', ['ioeventfd_write'], [{ name: 'gpa', of: 2, type: 'u64' }]),
  tracepoint('tasks', 'kvm', ['kvm_userspace_exit']),
  kprobe('tasks', ['eventfd_read']),
  kprobe('tasks', ['eventfd_write']),
];

/** The wait of a back-end's thread: ppoll up to QEMU 10, io_uring_enter from 10.2, epoll with many descriptors. */
const WAIT: readonly WantedPoint[] = ['ppoll', 'io_uring_enter', 'epoll_wait', 'epoll_pwait'].map((call) =>
  tracepoint('tasks', 'syscalls', [`sys_exit_${call}`]),
);

const SUBMIT: readonly WantedPoint[] = [
  'io_submit',
  'io_uring_enter',
  'preadv',
  'pread64',
  'pwritev',
  'pwrite64',
].map((call) => tracepoint('tasks', 'syscalls', [`sys_enter_${call}`]));

/** The result on its way from the host's kernel to the back-end. */
const AIO: readonly WantedPoint[] = [
  kprobe('machine', ['aio_complete_rw']),
  kprobe('machine', ['io_complete_rw']),
  tracepoint('tasks', 'io_uring', ['io_uring_complete']),
];

/**
 * A signal to an eventfd: a function up to Linux 6.7, and a call of `eventfd_signal_mask` since. In whatever context it
 * happens, so never filtered by task.
 */
const SIGNAL = kprobe('machine', ['eventfd_signal', 'eventfd_signal_mask'], [EVENTFD_ID]);

const VFIO_HANDLER = kprobe('machine', ['vfio_msihandler'], [{ name: 'irq', of: 0, type: 's32' }]);

/** What to record for a disk of a guest. `devices` are the block devices of this machine. */
export function hostPoints(disk: GuestDisk, devices: readonly BlockDevice[]): WantedPoint[] {
  const interrupt = tracepoint('machine', 'irq', ['irq_handler_entry'], { filter: interruptFilter(disk) });
  // Nothing of an assigned drive passes QEMU: its interrupt is all the host sees.
  if (disk.backend.kind === 'vfio') return [...KVM, SIGNAL, VFIO_HANDLER, interrupt];
  const served = [...KVM, ...KICK, SIGNAL, ...WAIT, interrupt];
  const numbers = driveNumbers(disk, devices);
  if (numbers.length === 0) return [...served, VFIO_HANDLER];
  const onDrive: Filter = { field: 'dev', oneOf: numbers };
  return [
    ...served,
    ...SUBMIT,
    ...AIO,
    tracepoint('machine', 'block', ['block_rq_issue'], { filter: onDrive, required: true }),
    tracepoint('machine', 'block', ['block_rq_complete'], { filter: onDrive, required: true }),
  ];
}

/**
 * By name for what VFIO has (`vfio-msix[1](0000:21:00.0)`): a guest's driver can ask for its interrupts anew, and they get other
 * numbers. Undefined, all of the machine, where the drive's are not known.
 */
function interruptFilter({ backend, drive }: GuestDisk): Filter | undefined {
  if (backend.kind === 'vfio' || drive?.driver === 'vfio-pci') return { field: 'name', begins: 'vfio-' };
  const numbers = drive?.interrupts.map(({ irq }) => irq) ?? [];
  return numbers.length === 0 ? undefined : { field: 'irq', oneOf: numbers };
}

/** The kernel's dev_t (include/linux/kdev_t.h) of the drive, or of what it is made of. */
function driveNumbers({ drive }: GuestDisk, devices: readonly BlockDevice[]): number[] {
  const numbers = new Set<number>();
  const add = (name: string, depth: number): void => {
    const device = devices.find(
      (each) => each.name === name || each.partitions.some((part) => part.name === name),
    );
    if (device === undefined || depth > 8) return;
    numbers.add(device.major * 2 ** 20 + device.minor);
    for (const slave of device.slaves) add(slave, depth + 1);
  };
  if (drive !== null && drive.name !== '') add(drive.name, 0);
  return [...numbers];
}

function tracepoint(
  scope: Scope,
  system: string,
  names: readonly string[],
  more: { readonly filter?: Filter | undefined; readonly required?: true } = {},
): WantedPoint {
  return { kind: 'tracepoint', scope, system, names, ...more };
}

function kprobe(scope: Scope, symbols: readonly string[], fetch: readonly Fetch[] = []): WantedPoint {
  return { kind: 'kprobe', scope, functions: symbols.map((symbol) => ({ symbol, fetch })) };
}
