/**
 * The lines of one drawn request: virtio-blk with an IOThread and linux-aio on NVMe, kernel points only. Texts, tasks and
 * their order are those of the lab's recording vblk-aio-poll0 (Linux 6.1, QEMU 7.2), with the eventfds' numbers that probes of
 * other kernels fetch; the durations are invented, in the range of a fast machine.
 */
import { LineTemplate } from './line-template.ts';

const VCPU = '       CPU 0/KVM-912     (    900) [002]  ';
const IOTHREAD = '          IO io0-910     (    900) [001]  ';
const IDLE_1 = '          <idle>-0       (-------) [001]  ';
const IDLE_3 = '          <idle>-0       (-------) [003]  ';
const WORKER = '    kworker/3:1H-88      (     88) [003]  ';
const APP = '             qd1-142     [000] ..... ';
const APP_IN_CALL = '             qd1-142     [000] ...1. ';
const GUEST_IRQ = '          <idle>-0       [000] d.h1. ';

/** A line and how long after the line before it in the same chain it comes, ns. */
export interface Step {
  readonly line: LineTemplate;
  readonly afterNs: number;
}

const chain = (columns: string, ...steps: readonly (readonly [number, string])[]): readonly Step[] =>
  steps.map(([afterNs, text]) => ({ line: new LineTemplate(columns, text), afterNs }));

/** Guest: system call to the doorbell write. */
export const GUEST_SUBMITS = [
  ...chain(APP_IN_CALL, [
    300,
    'sys_preadv2(fd: 3, vec: 7ffe5b093ce0, vlen: 1, pos_l: 21b5000, pos_h: 0, flags: 0)',
  ]),
  ...chain(
    APP,
    [900, 'virtio_queue_rq: (virtio_queue_rq+0x0/0x1c0 [virtio_blk])'],
    [250, 'block_rq_issue: 254,0 RS 4096 () {sector} + 8 [qd1]'],
    [500, 'virtqueue_notify: (virtqueue_notify+0x0/0x40 [virtio_ring])'],
    [150, 'vp_notify: (vp_notify+0x0/0x20 [virtio_pci])'],
  ),
];

/** Host: the exit that the doorbell write causes, up to the eventfd's signal. */
export const VCPU_KICKS = chain(
  VCPU,
  [
    700,
    'kvm_exit: vcpu 0 reason npf rip 0xffffffff815446e9 info1 0x000000010000000e info2 0x00000000febfb000 intr_info 0x00000026 error_code 0x00000000 ',
  ],
  [900, 'kvm_mmio: mmio write len 2 gpa 0xfebfb000 val 0x0'],
  [300, 'ioeventfd_write: (ioeventfd_write+0x0/0x80 [kvm]) gpa=0xfebfb000 len=2'],
  [150, 'eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xffff88816a6d4940 id=7'],
);

/** Host: the vCPU goes on. */
export const VCPU_RESUMES = chain(
  VCPU,
  [100, 'eventfd_signal_mask: (eventfd_signal_mask+0x0/0xc0) ctx=0xffff88816a6d4940 id=7'],
  [700, 'kvm_entry: vcpu 0, rip 0xffffffff815446ec'],
);

/** Host: the guest sets its timer, in some requests only. */
export const VCPU_SETS_TIMER = chain(
  VCPU,
  [
    1200,
    'kvm_exit: vcpu 0 reason msr rip 0xffffffff8107e914 info1 0x0000000000000001 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000 ',
  ],
  [300, 'kvm_apic: apic_write APIC_TMICT = 0x0'],
  [600, 'kvm_entry: vcpu 0, rip 0xffffffff8107e916'],
);

/** Host: the vCPU has nothing to do and halts. */
export const VCPU_HALTS = chain(
  VCPU,
  [
    2500,
    'kvm_exit: vcpu 0 reason hlt rip 0xffffffff81a592ea info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000 ',
  ],
  [500, 'kvm_vcpu_halt: (kvm_vcpu_halt+0x0/0x3e0 [kvm])'],
);

/** Host: the IOThread wakes, drains the kick and submits. */
export const IOTHREAD_SUBMITS = chain(
  IOTHREAD,
  [6000, 'sys_ppoll -> 0x1'],
  [700, 'sys_read(fd: 13, buf: 7ff679dfd350, count: 200)'],
  [250, 'eventfd_read: (eventfd_read+0x0/0x300) id=7'],
  [200, 'sys_read -> 0x8'],
  [3500, 'sys_io_submit(ctx_id: 7ff67aa91000, nr: 1, iocbpp: 7ff679dfb390)'],
  [900, 'nvme_queue_rq: (nvme_queue_rq+0x0/0x1f0 [nvme])'],
  [
    200,
    'nvme_setup_cmd: nvme0: disk=nvme0n1, qid=4, cmdid={id}, nsid=1, flags=0x0, meta=0x0, cmd=(nvme_cmd_read slba={sector}, len=7, ctrl=0x0, dsmgmt=0, reftag=0)',
  ],
  [150, 'block_rq_issue: 259,1 R 4096 () {sector} + 8 [IO io0]'],
);

export const IOTHREAD_SLEEPS = chain(
  IOTHREAD,
  [600, 'sys_io_submit -> 0x1'],
  [500, 'aio_poll: (0x55a448fedf70)'],
  [400, 'sys_ppoll(ufds: 7ff66c0030c0, nfds: 3, tsp: 0, sigmask: 0, sigsetsize: 8)'],
);

/** Host: the drive's interrupt, in whatever task its CPU runs; asleep or not is drawn per request. */
const driveInterrupts = (columns: string) =>
  chain(
    columns,
    [0, 'irq_handler_entry: irq=45 name=nvme0q4'],
    [150, 'nvme_irq: (nvme_irq+0x0/0x80 [nvme]) irq=45'],
    [200, 'nvme_sq: nvme0: disk=nvme0n1, qid=4, head=606, tail=606'],
    [
      250,
      'nvme_complete_rq: nvme0: disk=nvme0n1, qid=4, cmdid={id}, res=0x0, retries=0, flags=0x0, status=0x0',
    ],
    [200, 'block_rq_complete: 259,1 R () {sector} + 8 [0]'],
    [300, 'aio_complete_rw: (aio_complete_rw+0x0/0x1e0)'],
    [150, 'eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xffff88816a6d49c0 id=8'],
    [100, 'eventfd_signal_mask: (eventfd_signal_mask+0x0/0xc0) ctx=0xffff88816a6d49c0 id=8'],
    [500, 'irq_handler_exit: irq=45 ret=handled'],
  );
export const DRIVE_INTERRUPTS_IDLE = driveInterrupts(IDLE_1);
export const DRIVE_INTERRUPTS_IOTHREAD = driveInterrupts(IOTHREAD);

/** Host: the IOThread reaps the completion and raises the irqfd. */
export const IOTHREAD_COMPLETES = chain(
  IOTHREAD,
  [300, 'sys_ppoll -> 0x1'],
  [700, 'sys_read(fd: 14, buf: 7ff679dfd340, count: 200)'],
  [250, 'eventfd_read: (eventfd_read+0x0/0x300) id=8'],
  [200, 'sys_read -> 0x8'],
  [2500, 'sys_write(fd: b, buf: 55a4490f04e8, count: 8)'],
  [200, 'eventfd_write: (eventfd_write+0x0/0x330) id=9'],
  [200, 'irqfd_wakeup: (irqfd_wakeup+0x0/0x1d0 [kvm]) wait=0xffff888141a6a808 key=0x1'],
  [150, 'kvm_arch_set_irq_inatomic: (kvm_arch_set_irq_inatomic+0x0/0xe0 [kvm])'],
  [150, 'kvm_msi_set_irq: dst 0 vec 38 (Fixed|physical|edge)'],
  [150, 'kvm_apic_accept_irq: apicid 0 vec 38 (Fixed|edge)'],
  [150, 'kvm_vcpu_kick: (kvm_vcpu_kick+0x0/0xb0 [kvm])'],
);

export const IOTHREAD_RETURNS = chain(
  IOTHREAD,
  [300, 'kvm_arch_set_irq_inatomic_ret: (irqfd_wakeup+0x125/0x1d0 [kvm] <- kvm_arch_set_irq_inatomic) ret=1'],
  [400, 'sys_write -> 0x8'],
  [500, 'aio_poll: (0x55a448fedf70)'],
  [400, 'sys_ppoll(ufds: 7ff66c0030c0, nfds: 3, tsp: 0, sigmask: 0, sigsetsize: 8)'],
);

/** Host: the vCPU wakes and enters the guest with the interrupt. */
export const VCPU_WAKES = chain(
  VCPU,
  [5000, 'kvm_vcpu_wakeup: wait time 31509 ns, polling valid'],
  [300, 'kvm_inj_virq: IRQ 0x26'],
  [400, 'kvm_entry: vcpu 0, rip 0xffffffff81a592eb'],
);

/** Guest: the interrupt, up to its end of interrupt (which the host sees without an exit). */
export const GUEST_INTERRUPTS = chain(
  GUEST_IRQ,
  [900, 'irq_handler_entry: irq=25 name=virtio1-req.0'],
  [200, 'vring_interrupt: (vring_interrupt+0x0/0xd0 [virtio_ring]) irq=25'],
  [150, 'virtblk_done: (virtblk_done+0x0/0x100 [virtio_blk])'],
  [600, 'block_rq_complete: 254,0 RS () {sector} + 8 [0]'],
  [600, 'irq_handler_exit: irq=25 ret=handled'],
);

export const GUEST_RETURNS = chain(APP_IN_CALL, [2500, 'sys_preadv2 -> 0x1000']);

/** Host: seen at the vCPU's next exit. */
export const VCPU_ENDS_INTERRUPT = chain(VCPU, [100, 'kvm_eoi: apicid 0 vector 38']);

/** Host, beside the requests: another disk. */
export const OTHER_DISK = [
  ...chain(WORKER, [0, 'block_rq_issue: 254,0 W 4096 () {sector} + 8 [kworker/3:1H]']),
  ...chain(
    IDLE_3,
    [90_000, 'irq_handler_entry: irq=36 name=virtio2-requests'],
    [800, 'block_rq_complete: 254,0 W () {sector} + 8 [0]'],
    [500, 'irq_handler_exit: irq=36 ret=handled'],
  ),
];
