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
  0 | sys_enter_io_submit 1 |                                    | kvm_entry              |                       |
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
  irq20: '',
};

function draw(change: Partial<typeof PLAIN> = {}): string {
  return SHAPE.replace(/\{(\w+)\}/g, (_, name: keyof typeof PLAIN) => ({ ...PLAIN, ...change })[name]);
}

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
    ['poll-window', {}, qemu('-object iothread,id=io0'), {}, qemu('-object iothread,id=io0,poll-max-ns=0')],
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
      { notes: ['/sys/module/kvm_intel/parameters/enable_apicv = N'] },
      {},
      { notes: ['/sys/module/kvm_intel/parameters/enable_apicv = Y'] },
    ],
    [
      'iopoll-unused',
      {},
      { notes: ['/sys/block/vda/queue/io_poll = 1'] },
      {},
      { notes: ['/sys/block/vda/queue/io_poll = 0'] },
    ],
  ])('shows %s, and not in the drawing that differs only there', (id, yes, facts, no, others) => {
    expect(ids(yes, facts)).toContain(id);
    expect(ids(no, others)).not.toContain(id);
  });

  it('prices what could be saved by the stages that were drawn, to the nanosecond', () => {
    const found = findInDiagram(draw(), qemu('-object iothread,id=io0'));
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
