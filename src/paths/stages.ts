/** The vocabulary of stages: one name for one stretch of a request's way, used by every path that has it. */
export interface StageName {
  readonly id: string;
  readonly side: 'submit' | 'device' | 'complete';
  readonly title: string;
  /** What happens there and what makes it long, for `explain`. */
  readonly meaning: string;
}

const define = <const I extends string>(
  id: I,
  side: StageName['side'],
  title: string,
  meaning: string,
): StageName & { readonly id: I } => ({ id, side, title, meaning });

export const STAGES = [
  define(
    'user-to-syscall',
    'submit',
    'user space to system call',
    'From the application’s own time stamp to its system call. Known only when the application logs its requests on the clock of the trace.',
  ),
  define(
    'syscall-to-user',
    'complete',
    'system call to user space',
    'From the system call’s return to the application’s own time stamp; holds the exit path of the kernel, and with tracing the cost of its last events.',
  ),
  define(
    'around-call',
    'complete',
    'around the call',
    'What a request takes by the application’s own clock beyond its traced system call, before it and behind it in one: the clock itself, the way into the kernel and out of it, and what tracing the call adds. fio logs how long each request took, and no time of day, so the two sides are not told apart.',
  ),
  define(
    'guest-submit',
    'submit',
    'guest submits',
    'File system, block layer and driver of the guest, from the system call to the issued request. A scheduler adds a hop to a kernel worker here.',
  ),
  define(
    'bio-build',
    'submit',
    'system call to bio',
    'From the system call to the bio that enters the block layer: VFS, file system and page cache.',
  ),
  define(
    'request-wait',
    'submit',
    'gets a request',
    'From the bio to its request: limits of cgroups and writeback, the search for a request to merge with, and, in a full queue, waiting for a free tag. What btt calls Q2G.',
  ),
  define(
    'plug',
    'submit',
    'plugged',
    'From the request to the scheduler: the task gathers requests and hands them over together (blk_start_plug). What btt calls G2I.',
  ),
  define(
    'io-scheduler',
    'submit',
    'I/O scheduler',
    'From the scheduler, which may hold the request back, to the driver that accepted it. What btt calls I2D.',
  ),
  define(
    'direct-issue',
    'submit',
    'issued directly',
    'From the request to the driver that accepted it, no scheduler seen between: the task’s plug, and the driver’s preparation.',
  ),
  define(
    'guest-kick',
    'submit',
    'guest kicks',
    'The driver adds the descriptor and writes the doorbell; the vCPU leaves the guest. Ends on the host’s clock.',
  ),
  define(
    'kick-exit',
    'submit',
    'exit to ioeventfd',
    'KVM decodes the doorbell write and signals the queue’s ioeventfd. Longer when the exit has to go through MMIO emulation (AMD, before Linux 7.2) than on the fast path.',
  ),
  define(
    'iothread-wakeup',
    'submit',
    'back-end wakes',
    'From the ioeventfd to the back-end thread having read it: scheduler wake-up, C-state exit of its CPU, event loop. AioContext polling removes it.',
  ),
  define(
    'poll-pickup',
    'submit',
    'poll pick-up',
    'The back-end thread was polling and found the request in the virtqueue: no kick, exit or wake-up is on the critical path.',
  ),
  define(
    'reactor-pickup',
    'submit',
    'reactor picks up',
    'SPDK’s reactor finds the request in the virtqueue by polling.',
  ),
  define(
    'virtio-parse',
    'submit',
    'virtqueue and parsing',
    'Descriptors are taken off the ring and the virtio-blk header is parsed.',
  ),
  define(
    'qemu-block',
    'submit',
    'block layer',
    'QEMU’s block layer: coroutine, format and protocol drivers, down to the call into the kernel or the nvme:// driver.',
  ),
  define(
    'host-submit',
    'submit',
    'host submits',
    'The host kernel, from the back-end’s (or on bare metal the application’s) system call to the issued request.',
  ),
  define(
    'nvme-submit',
    'submit',
    'nvme:// submits',
    'QEMU’s userspace NVMe driver maps the buffers, writes the command and rings the doorbell.',
  ),
  define(
    'bdev-submit',
    'submit',
    'SPDK submits',
    'SPDK’s vhost target and bdev layers, down to the NVMe command.',
  ),
  define(
    'device',
    'device',
    'device',
    'The drive and its transport, from the issued command to the first sign of completion (interrupt or completion entry found). Contains doorbell, DMA and interrupt routing.',
  ),
  define(
    'host-irq',
    'complete',
    'host interrupt',
    'The host driver’s interrupt handler up to the completed request.',
  ),
  define(
    'host-complete',
    'complete',
    'host completes',
    'From the completion found by polling (or the interrupt) to the completed request.',
  ),
  define(
    'complete-notify',
    'complete',
    'completion notified',
    'The host kernel posts the result and signals the back-end’s eventfd (AIO, VFIO) or completion queue (io_uring).',
  ),
  define(
    'iothread-complete-wakeup',
    'complete',
    'back-end wakes',
    'From the signal to the back-end thread having seen the completion. AioContext polling removes the wake-up.',
  ),
  define(
    'poll-complete',
    'complete',
    'completion found awake',
    'The back-end thread was awake, polling or still busy, and found the completion without being woken.',
  ),
  define(
    'nvme-bh-hop',
    'complete',
    'nvme:// bottom half',
    'From the consumed completion entry over a bottom half back into the request’s coroutine.',
  ),
  define(
    'qemu-complete',
    'complete',
    'back-end completes',
    'The request’s coroutine or callback runs, up to the used entry on the virtqueue.',
  ),
  define(
    'spdk-complete',
    'complete',
    'SPDK completes',
    'SPDK’s bdev layers and vhost target, up to the used entry on the virtqueue.',
  ),
  define(
    'signal-delay',
    'complete',
    'signal delay',
    'SPDK signals the guest only at the end of its poll of the virtqueue.',
  ),
  define(
    'used-notify',
    'complete',
    'call',
    'From the used entry to KVM’s irqfd: the decision to interrupt and the write to the call eventfd.',
  ),
  define(
    'irq-inject',
    'complete',
    'interrupt injected',
    'KVM routes the interrupt to the vCPU’s local APIC.',
  ),
  define(
    'vcpu-wakeup',
    'complete',
    'vCPU resumes',
    'The vCPU is woken or kicked and enters the guest. Long when it had halted; haltpoll and KVM’s halt polling shorten it.',
  ),
  define(
    'guest-irq',
    'complete',
    'guest takes interrupt',
    'From the entry into the guest to its interrupt handler. Starts on the host’s clock.',
  ),
  define(
    'guest-poll-pickup',
    'complete',
    'guest polls it up',
    'The guest’s polling task finds the used entry; no interrupt is injected.',
  ),
  define(
    'guest-complete',
    'complete',
    'guest completes',
    'Interrupt handler (or poll) and driver of the guest, up to the completed request.',
  ),
  define(
    'guest-wakeup',
    'complete',
    'application resumes',
    'From the completed request to the system call returning: waking the task and switching to it.',
  ),
  define(
    'guest-whole',
    'complete',
    'all of the guest',
    'From the entry with the interrupt to the exit of the next kick, where the guest itself was not recorded: its interrupt handler, the application, and the next request’s way down to the doorbell.',
  ),
  define(
    'backend-submit',
    'submit',
    'back-end submits',
    'From the kick that was read to the system call: the request is taken off the virtqueue and passes QEMU’s block layer.',
  ),
  define(
    'app-wakeup',
    'complete',
    'application resumes',
    'From the completed request to the system call returning: waking the task and switching to it.',
  ),
] as const satisfies readonly StageName[];

export type StageId = (typeof STAGES)[number]['id'];

const BY_ID = new Map<string, StageName>(STAGES.map((stage) => [stage.id, stage]));

/** The stage of an id. Throws when the vocabulary has no such stage. */
export function stageById(id: string): StageName {
  const stage = BY_ID.get(id);
  if (stage === undefined) throw new Error(`no stage is named ${id}`);
  return stage;
}
