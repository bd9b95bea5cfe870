/** Findings about polling on drawn traces: one where each fires and the nearest one where it must not. All of it is drawn. */
import { describe, expect, it } from 'vitest';
import type { FioFacts, RecordingFacts } from '../../src/trace/recording.ts';
import { findInDiagram } from '../support/find-in-diagram.ts';

/** A read that the IOThread finds by polling; the guest kicks behind it, where `{kick}` and so on are drawn. */
const POLLED = `
disk guest 254:0 host 259:0
lane app  guest cpu0 fio-142
lane girq guest cpu0 <idle>-0
lane vcpu host  cpu2 "CPU 0/KVM"-912/900 vcpu0
lane io   host  cpu3 "IO io0"-910/900
lane irq  host  cpu3 <idle>-0
request A read 800+8

 µs | app                    | girq                               | vcpu                | io                      | irq
  0 | sys_enter_io_submit 1  |                                    | kvm_entry           | {begin}                 |
  2 | block_rq_issue A       |                                    |                     |                         |
  3 |                        |                                    |                     | {end}                   |
  4 |                        |                                    |                     | virtio_blk_handle_read A |
  5 |                        |                                    |                     | sys_enter_io_submit 1   |
  6 |                        |                                    |                     | block_rq_issue A        |
  7 | {kick}                 |                                    | {exit}              |                         |
  8 |                        |                                    | {mmio}              |                         |
  9 |                        |                                    | {signal}            |                         |
 10 |                        |                                    | kvm_entry           |                         |
 20 |                        |                                    |                     |                         | irq_handler_entry 45 nvme0q4
 21 |                        |                                    |                     |                         | block_rq_complete A
 22 |                        |                                    |                     |                         | eventfd_signal 8
 24 |                        |                                    |                     | virtqueue_push          |
 25 |                        |                                    |                     | irqfd_wakeup            |
 26 |                        |                                    |                     | kvm_apic_accept_irq 38  |
 27 |                        |                                    | kvm_inj_virq 38     |                         |
 28 |                        |                                    | kvm_entry           |                         |
 30 |                        | irq_handler_entry 25 virtio1-req.0 |                     |                         |
 31 |                        | block_rq_complete A                |                     |                         |
 40 | sys_exit_io_submit 1   |                                    |                     | eventfd_read 7          |
`;

const KICKED = {
  kick: 'vp_notify',
  exit: 'kvm_exit mmio',
  mmio: 'kvm_mmio febfb000',
  signal: 'eventfd_signal 7',
};
const QUIET = { kick: '', exit: '', mmio: '', signal: '' };
const SESSION = { begin: 'run_poll_handlers_begin', end: 'run_poll_handlers_end' };

function polled(change: Record<string, string>, facts: RecordingFacts = {}): string[] {
  const places: Record<string, string> = { ...QUIET, begin: '', end: '', ...change };
  const diagram = POLLED.replace(/\{(\w+)\}/g, (_, name: string) => places[name]!);
  return findInDiagram(diagram, facts, 'virtio-blk-iothread-polling').map(({ id }) => id);
}

const qemu = (text: string): RecordingFacts => ({ qemuCommandLine: `qemu-system-x86_64 ${text}` });
const disk = (more: string) =>
  qemu(`-object iothread,id=io0 -device virtio-blk-pci,drive=d0,iothread=io0${more}`);

describe('a drawn request that was found by polling', () => {
  it('and is followed by a kick shows that; without the kick, or where nothing is left to switch off, it does not', () => {
    expect(polled(KICKED, disk(''))).toContain('kick-while-polling');
    expect(polled(QUIET, disk(''))).toEqual([]);
    expect(polled(KICKED, disk(',event_idx=off'))).not.toContain('kick-while-polling');
    // a packed ring switches kicks off whatever event_idx says
    expect(polled(KICKED, disk(',packed=on'))).not.toContain('kick-while-polling');
    // awake for another reason than polling
    const off = qemu('-object iothread,id=io0,poll-max-ns=0 -device virtio-blk-pci,drive=d0');
    expect(polled(KICKED, off)).not.toContain('kick-while-polling');
  });

  it('shows poll sessions without a result, and none that had one', () => {
    expect(polled({ ...SESSION, end: 'run_poll_handlers_end 0 0' })).toContain('poll-burn');
    expect(polled({ ...SESSION, end: 'run_poll_handlers_end 0 1' })).not.toContain('poll-burn');
  });
});

/** A read on bare metal that an interrupt completes. */
const INTERRUPTED = `
disk guest 254:0 host 259:0
lane h    host cpu0 fio-142
lane irq  host cpu0 <idle>-0
request A read 800+8

 µs | h                        | irq
  0 | sys_enter_preadv2 3 {flags} |
  2 | block_rq_issue A         |
 20 |                          | irq_handler_entry 45 nvme0q1
 21 |                          | block_rq_complete A
 25 | sys_exit_preadv2 4096    |
`;

function interrupted(flags: number, notes: readonly string[], fio?: Partial<FioFacts>): string[] {
  const job = fio === undefined ? undefined : (fio as FioFacts);
  const diagram = INTERRUPTED.replace('{flags}', `${flags}`);
  return findInDiagram(diagram, { notes }, 'bare-metal-nvme', job).map(({ id }) => id);
}

const NONE = ['/sys/block/nvme0n1/queue/io_poll = 0'];
const SOME = ['/sys/block/nvme0n1/queue/io_poll = 1'];

describe('a drawn request that an interrupt completed', () => {
  it.each<[string, number, Partial<FioFacts> | undefined]>([
    ['its call (RWF_HIPRI)', 1, undefined],
    ['fio’s job', 0, { ioengine: 'io_uring', hipri: true }],
  ])(
    'though %s asked for polling shows that there are no poll queues, or that they are not used',
    (_, flags, fio) => {
      expect(interrupted(flags, NONE, fio)).toEqual(['no-poll-queues']);
      expect(interrupted(flags, SOME, fio)).toEqual(['iopoll-unused']);
      // nothing says whether there are any
      expect(interrupted(flags, [], fio)).toEqual([]);
    },
  );

  it('and did not ask for polling shows nothing without poll queues', () => {
    expect(interrupted(0, NONE)).toEqual([]);
    // another flag: RWF_NOWAIT
    expect(interrupted(8, NONE)).toEqual([]);
    expect(interrupted(0, NONE, { ioengine: 'io_uring', hipri: false })).toEqual([]);
  });

  it('is told by the parameter that was written too late, and by the driver’s own line on a console', () => {
    expect(interrupted(0, [...NONE, '/sys/module/nvme/parameters/poll_queues = 4'])).toEqual([
      'no-poll-queues',
    ]);
    expect(interrupted(0, [...NONE, '/sys/module/nvme/parameters/poll_queues = 0'])).toEqual([]);
    expect(interrupted(1, ['[    1.2] nvme nvme0: 4/0/0 default/read/poll queues'])).toEqual([
      'no-poll-queues',
    ]);
    expect(interrupted(1, ['[    1.2] nvme nvme0: 4/0/2 default/read/poll queues'])).toEqual([
      'iopoll-unused',
    ]);
  });
});
