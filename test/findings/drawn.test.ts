/** Findings on drawn traces: one where each fires and the nearest one where it must not. All of it is drawn. */
import { describe, expect, it } from 'vitest';
import type { RecordingFacts } from '../../src/trace/recording.ts';
import { findInDiagram } from '../support/find-in-diagram.ts';

/** One read through an IOThread; `{…}` are the places the drawings below change. */
const SHAPE = `
disk guest 254:0 host 259:0
lane app  guest cpu0 {task}-142
lane app1 guest cpu1 {task}-143
lane girq guest cpu0 <idle>-0
lane vcpu host  cpu2 "CPU 0/KVM"-912/900 vcpu0
lane vcpu1 host cpu0 "CPU 1/KVM"-913/900 vcpu1
lane io   host  cpu3 {server}-910/900
lane irq  host  cpu{irqcpu} <idle>-0
request A read 800+8
request B read 1600+8
request C read 2400+8 on 8:16

 µs | app                   | girq                               | vcpu                   | io                    | irq
  0 | sys_enter_io_submit 1 |                                    | kvm_entry              |                       | {irq0}
  1 |                       |                                    |                        |                       | {irq1}
  2 | block_rq_issue A      |                                    |                        |                       |
  3 | vp_notify             |                                    |                        |                       |
  5 |                       |                                    | kvm_exit mmio          |                       |
  6 |                       |                                    | kvm_mmio febfb000      |                       |
  7 |                       |                                    | {signal}               |                       |
  8 |                       |                                    | kvm_entry              |                       |
 12 |                       |                                    |                        | {kickread}            |
 15 |                       |                                    |                        | sys_enter_io_submit 1 |
 17 |                       |                                    |                        | block_rq_issue A      |
 18 |                       |                                    |                        | {io18}                |
 20 |                       |                                    |                        |                       | {irq20}
 39 |                       |                                    |                        |                       | {irq39}
 40 |                       |                                    |                        |                       | irq_handler_entry 45 nvme0q4
 42 |                       |                                    |                        |                       | block_rq_complete A
 43 |                       |                                    |                        |                       | eventfd_signal 8
 48 |                       |                                    |                        | eventfd_read 8        |
 52 |                       |                                    |                        | virtqueue_push        |
 54 |                       |                                    |                        | irqfd_wakeup          |
 55 |                       |                                    |                        | kvm_apic_accept_irq 38 |
 57 |                       |                                    | kvm_inj_virq 38        |                       |
 58 |                       |                                    | kvm_entry              |                       |
 60 |                       | irq_handler_entry 25 virtio1-req.0 |                        |                       |
 62 |                       | block_rq_complete A                |                        |                       |
 66 | sys_exit_io_submit 1  |                                    |                        |                       |
 70 |                       |                                    | kvm_exit hlt           | eventfd_read 9        |
`;

const PLAIN = {
  task: 'fio',
  server: '"IO io0"',
  irqcpu: '3',
  signal: 'eventfd_signal 7',
  kickread: 'eventfd_read 7',
  io18: '',
  irq0: '',
  irq1: '',
  irq20: '',
  irq39: '',
};

function draw(change: Partial<typeof PLAIN> = {}): string {
  return SHAPE.replace(/\{(\w+)\}/g, (_, name: keyof typeof PLAIN) => ({ ...PLAIN, ...change })[name]);
}

const APICV_OFF = '/sys/module/kvm_intel/parameters/enable_apicv = N';
const NO_POLL = 'in the guest: /sys/block/vda/queue/io_poll = 0';

const qemu = (text: string): RecordingFacts => ({ qemuCommandLine: `qemu-system-x86_64 ${text}` });
const ids = (change: Partial<typeof PLAIN>, facts: RecordingFacts = {}) =>
  findInDiagram(draw(change), facts).map(({ id }) => id);

describe('a drawn request', () => {
  it('that needs no change shows nothing', () => {
    expect(ids({})).toEqual([]);
  });

  it.each<[string, Partial<typeof PLAIN>, RecordingFacts, Partial<typeof PLAIN>, RecordingFacts]>([
    ['guest-scheduler', { task: 'kworker/0:1H' }, {}, { task: 'fio' }, {}],
    ['aio-threads', { server: 'worker' }, {}, { server: 'worker-fio' }, {}],
    // the kick goes to user space, and QEMU's vCPU thread pops the request
    [
      'kick-user-space',
      { signal: 'kvm_userspace_exit', kickread: '' },
      {},
      { signal: 'eventfd_signal 7', io18: 'kvm_userspace_exit' },
      {},
    ],
    ['interrupt-cpu', { irqcpu: '1' }, {}, { irqcpu: '3' }, {}],
    ['shared-iothread', { io18: 'block_rq_issue C' }, {}, {}, {}],
    // next task, task switched out: 910 is the IOThread, 77 somebody else
    ['preempted', { io18: 'sched_switch 77 910' }, {}, { io18: 'sched_switch 910 77' }, {}],
    ['idle-state', { irq20: 'cpu_idle 3' }, {}, { irq20: 'cpu_idle 1' }, {}],
    // it had gone to sleep before the request was issued, and the exit is stamped before the handler
    [
      'idle-state',
      { irq0: 'cpu_idle 3', irq39: 'cpu_idle -1' },
      {},
      { irq0: 'cpu_idle 3', irq20: 'cpu_idle -1', irq39: 'cpu_idle 1' },
      {},
    ],
    // awake since before the request
    ['idle-state', { irq0: 'cpu_idle 3' }, {}, { irq0: 'cpu_idle 3', irq1: 'cpu_idle -1' }, {}],
    // the completion is waited for from 17 to 43 µs
    [
      'poll-window',
      {},
      qemu('-object iothread,id=io0,poll-max-ns=25000'),
      {},
      qemu('-object iothread,id=io0,poll-max-ns=26000'),
    ],
    [
      'polling-stopped',
      {},
      qemu('-object iothread,id=io0'),
      {},
      qemu('-object iothread,id=io0,poll-max-ns=25000'),
    ],
    // what was in force when recording began comes before the command line
    [
      'polling-stopped',
      {},
      { ...qemu('-object iothread,id=io0,poll-max-ns=0'), notes: ['IOThread io0: poll-max-ns 32768'] },
      {},
      { ...qemu('-object iothread,id=io0'), notes: ['IOThread io0: poll-max-ns 0'] },
    ],
    // the IOThread of this disk is the one its thread is named after
    [
      'poll-window',
      {},
      qemu('-object iothread,id=io0,poll-max-ns=25000 -object iothread,id=io1,poll-max-ns=0'),
      {},
      qemu('-object iothread,id=io0,poll-max-ns=0 -object iothread,id=io1,poll-max-ns=25000'),
    ],
    // QEMU's own events of polling: then nothing stops it
    [
      'polling-stopped',
      {},
      qemu('-object iothread,id=io0'),
      { io18: 'run_poll_handlers_begin' },
      qemu('-object iothread,id=io0'),
    ],
    [
      'shorter-path',
      {},
      qemu('-drive file=/dev/nvme0n1,if=none,id=d0'),
      {},
      qemu('-drive file=/dev/nvme0n1p3,if=none,id=d0'),
    ],
    [
      'posted-interrupts',
      {},
      { notes: [APICV_OFF, 'the host’s CPU has posted_intr'] },
      {},
      { notes: ['/sys/module/kvm_intel/parameters/enable_apicv = Y', 'the host’s CPU has posted_intr'] },
    ],
    // a CPU without it has nothing to switch on
    [
      'posted-interrupts',
      {},
      { notes: ['/sys/module/kvm_amd/parameters/avic = 0', 'the host’s CPU has avic'] },
      {},
      { notes: [APICV_OFF, 'the host’s CPU has avic'] },
    ],
    // the drive's poll queues on the host are not the guest's disk's
    [
      'iopoll-unused',
      {},
      { notes: ['in the guest: /sys/block/vda/queue/io_poll = 1'] },
      {},
      { notes: ['in the guest: /sys/block/vda/queue/io_poll = 0', '/sys/block/nvme0n1/queue/io_poll = 1'] },
    ],
    [
      'no-poll-queues',
      {},
      { notes: [NO_POLL, 'in the guest: /sys/module/virtio_blk/parameters/poll_queues = 2'] },
      {},
      { notes: [NO_POLL, 'in the guest: /sys/module/nvme/parameters/poll_queues = 2'] },
    ],
    [
      'tracing-cost',
      {},
      { tracingCost: { by: 'application', untracedNs: [50_000, 50_100], tracedNs: [62_000, 62_300] } },
      {},
      { tracingCost: { by: 'application', untracedNs: [50_000, 50_100], tracedNs: [52_000, 52_300] } },
    ],
    // as much, but the windows stray by more
    [
      'tracing-cost',
      {},
      { tracingCost: { by: 'disk', untracedNs: [50_000, 50_100], tracedNs: [62_000, 62_300] } },
      {},
      { tracingCost: { by: 'disk', untracedNs: [40_000, 60_000], tracedNs: [66_000, 58_000] } },
    ],
  ])('shows %s, and not in the drawing that differs only there', (id, yes, facts, no, others) => {
    expect(ids(yes, facts)).toContain(id);
    expect(ids(no, others)).not.toContain(id);
  });

  it('prices what could be saved by the stages that were drawn, to the nanosecond', () => {
    const found = findInDiagram(draw(), qemu('-object iothread,id=io0,poll-max-ns=25000'));
    expect(found.find(({ id }) => id === 'poll-window')?.gain).toEqual({
      atMostNs: 10_000,
      // io_submit does not wait: the request ends with its completion, the last that is known of it.
      share: 10_000 / 62_000,
      uncertaintyNs: 0,
      basis: 'the whole of iothread-wakeup, iothread-complete-wakeup',
      caveat: null,
    });
  });
});

/** Two reads of two vCPUs or CPUs; `{gap}` moves the second behind the first. */
const PAIR = `
disk guest 254:0 host 259:0
lane a    guest cpu0 fio-142
lane b    guest cpu{cpu} fio-143
lane girq guest cpu0 <idle>-0
lane h    host  cpu0 fio-142
lane k    host  cpu1 fio-143
lane irq  host  cpu0 <idle>-0
request A read 800+8
request B read 1600+8
`;

const TWO_VCPUS = `${PAIR}
 µs | a                 | b                 | girq
  0 | sys_enter_preadv2 |                   |
  2 | block_rq_issue A  |                   |
 20 |                   |                   | irq_handler_entry 25 virtio1-req.0
 21 |                   |                   | block_rq_complete A
 25 | sys_exit_preadv2 4096 |               |
 30 |                   | sys_enter_preadv2 |
 32 |                   | block_rq_issue B  |
 50 |                   |                   | irq_handler_entry 25 virtio1-req.0
 51 |                   |                   | block_rq_complete B
 55 |                   | sys_exit_preadv2 4096 |
`;

const TOGETHER = `${PAIR.replace(/lane (a|b|girq) .*\n/g, '')}
 µs | h                 | k                 | irq
  0 | sys_enter_preadv2 |                   |
  2 | block_rq_issue A  |                   |
  3 |                   | sys_enter_preadv2 |
  5 |                   | block_rq_issue B  |
 20 |                   |                   | block_rq_complete A
 25 | sys_exit_preadv2 4096 |               |
 30 |                   |                   | block_rq_complete B
 35 |                   | sys_exit_preadv2 4096 |
`;

const idsOf = (diagram: string, facts: RecordingFacts, path: string) =>
  findInDiagram(diagram, facts, path).map(({ id }) => id);

describe('two drawn requests', () => {
  it('of two vCPUs on one virtqueue show single-queue; of one vCPU, or on two queues, they do not', () => {
    const two = TWO_VCPUS.replace('{cpu}', '1');
    const disk = (queues: number) => qemu(`-device virtio-blk-pci,drive=d0,num-queues=${queues}`);
    expect(idsOf(two, disk(1), 'virtio-blk-iothread')).toContain('single-queue');
    expect(idsOf(two, disk(2), 'virtio-blk-iothread')).not.toContain('single-queue');
    // as libvirt writes it, and quoted as /proc/PID/cmdline's reader does
    const json = (queues: number) =>
      qemu(`-append 'a b' -device '{"driver":"virtio-blk-pci","drive":"d0","num-queues":${queues}}'`);
    expect(idsOf(two, json(1), 'virtio-blk-iothread')).toContain('single-queue');
    expect(idsOf(two, json(2), 'virtio-blk-iothread')).not.toContain('single-queue');
    expect(idsOf(two, qemu(`-device '{"driver":"virtio-blk-pci`), 'virtio-blk-iothread')).toEqual([]);
    expect(idsOf(two, {}, 'virtio-blk-iothread')).not.toContain('single-queue');
    const one = TWO_VCPUS.replace('{cpu}', '0');
    expect(idsOf(one, disk(1), 'virtio-blk-iothread')).not.toContain('single-queue');
  });

  it('in flight together show queue-depth; one after the other they do not', () => {
    expect(idsOf(TOGETHER, {}, 'local-block-device')).toContain('queue-depth');
    const later = TOGETHER.replace('  3 |', ' 26 |').replace('  5 |', ' 27 |');
    const sorted = later
      .split('\n')
      .sort((x, y) => (Number.parseFloat(x) || -1) - (Number.parseFloat(y) || -1))
      .join('\n');
    expect(idsOf(sorted, {}, 'local-block-device')).not.toContain('queue-depth');
  });
});

/** Two reads of one depth through an IOThread: two kicks, and `{second}` is the read of the second one, if there is any. */
const DEEP = `
disk guest 254:0 host 259:0
lane a    guest cpu0 fio-142
lane b    guest cpu1 fio-143
lane girq guest cpu0 <idle>-0
lane v0   host  cpu0 "CPU 0/KVM"-912/900 vcpu0
lane v1   host  cpu1 "CPU 1/KVM"-913/900 vcpu1
lane io   host  cpu3 "IO io0"-910/900
lane irq  host  cpu3 <idle>-0
request A read 800+8
request B read 1600+8

 µs | a                     | b                     | girq                               | v0                | v1                | io                    | irq
  0 | sys_enter_io_submit 1 |                       |                                    | kvm_entry         | kvm_entry         |                       |
  1 |                       | sys_enter_io_submit 1 |                                    |                   |                   |                       |
  2 | block_rq_issue A      |                       |                                    |                   |                   |                       |
  3 | vp_notify             | block_rq_issue B      |                                    |                   |                   |                       |
  4 |                       | vp_notify             |                                    | kvm_exit mmio     |                   |                       |
  5 |                       |                       |                                    | kvm_mmio febfb000 | kvm_exit mmio     |                       |
  6 |                       |                       |                                    | eventfd_signal 7  | kvm_mmio febfb000 |                       |
  7 |                       |                       |                                    | kvm_entry         | eventfd_signal 7  | {first}               |
  8 |                       |                       |                                    |                   | kvm_entry         |                       |
 12 |                       |                       |                                    |                   |                   | eventfd_read 7        |
 15 |                       |                       |                                    |                   |                   | sys_enter_io_submit 2 |
 17 |                       |                       |                                    |                   |                   | block_rq_issue A      |
 18 |                       |                       |                                    |                   |                   | block_rq_issue B      |
 40 |                       |                       |                                    |                   |                   |                       | block_rq_complete A
 41 |                       |                       |                                    |                   |                   |                       | block_rq_complete B
 50 |                       |                       | irq_handler_entry 25 virtio1-req.0 |                   |                   |                       |
 52 |                       |                       | block_rq_complete A                |                   |                   |                       |
 53 |                       |                       | block_rq_complete B                |                   |                   |                       |
 60 | sys_exit_io_submit 1  |                       |                                    |                   |                   |                       |
 61 |                       | sys_exit_io_submit 1  |                                    |                   |                   |                       |
 70 |                       |                       |                                    | kvm_exit hlt      |                   |                       |
`;

describe('two drawn requests in flight', () => {
  it('whose kicks one read takes show eventfd-coalesced; with a read each they do not', () => {
    const one = idsOf(DEEP.replace('{first}', ''), {}, 'virtio-blk-iothread');
    expect(one).toContain('eventfd-coalesced');
    const each = idsOf(DEEP.replace('{first}', 'eventfd_read 7'), {}, 'virtio-blk-iothread');
    expect(each).toContain('queue-depth');
    expect(each).not.toContain('eventfd-coalesced');
  });
});
