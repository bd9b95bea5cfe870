import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';

/** A guest's request, and beside it another guest on the same host whose vCPU 0 does more. */
const drawing = (io: string, vcpu: string, other: string) => `
disk guest 254:0 host 259:0
lane app   guest cpu0 fio-142
lane girq  guest cpu0 <idle>-0
lane vcpu  host  cpu2 "CPU 0/KVM"-${vcpu} vcpu0
lane other host  cpu4 "CPU 0/KVM"-${other} vcpu0
lane io    host  cpu3 "IO io0"-${io}
lane irq   host  cpu1 <idle>-0
request A read 800+8

 µs | app                   | girq                              | vcpu                     | other        | io                     | irq
  0 | sys_enter_io_submit 1 |                                   | kvm_entry                | kvm_entry    |                        |
  2 | block_rq_issue A      |                                   |                          |              |                        |
  3 | vp_notify             |                                   |                          |              |                        |
  4 |                       |                                   |                          | kvm_exit mmio|                        |
  5 |                       |                                   | kvm_exit mmio            |              |                        |
  6 |                       |                                   | kvm_mmio febfb000        |              |                        |
  7 |                       |                                   | eventfd_signal 7         |              |                        |
  8 |                       |                                   | kvm_entry                | kvm_entry    |                        |
  9 | sys_exit_io_submit 1  |                                   |                          | kvm_exit hlt |                        |
 12 |                       |                                   |                          | kvm_entry    | eventfd_read 7         |
 15 |                       |                                   |                          | kvm_exit hlt | sys_enter_io_submit 1  |
 17 |                       |                                   |                          | kvm_entry    | block_rq_issue A       |
 40 |                       |                                   |                          | kvm_exit hlt |                        | irq_handler_entry 45 nvme0q4
 42 |                       |                                   |                          | kvm_entry    |                        | block_rq_complete A
 43 |                       |                                   |                          |              |                        | eventfd_signal 8
 48 |                       |                                   |                          |              | eventfd_read 8         |
 52 |                       |                                   |                          |              | virtqueue_push         |
 54 |                       |                                   |                          | kvm_exit hlt | irqfd_wakeup           |
 55 |                       |                                   |                          |              | kvm_apic_accept_irq 38 |
 56 |                       |                                   |                          | kvm_entry    |                        |
 57 |                       |                                   | kvm_inj_virq 38          | kvm_exit hlt |                        |
 58 |                       |                                   | kvm_entry                |              |                        |
 59 |                       |                                   |                          | kvm_entry    |                        |
 60 |                       | irq_handler_entry 25 virtio1-req.0 |                         | kvm_exit hlt |                        |
 62 |                       | block_rq_complete A               |                          | kvm_entry    |                        |
 64 | sys_enter_io_getevents 1 |                                |                          |              |                        |
 66 | sys_exit_io_getevents 1  |                                |                          |              |                        |
 70 |                       |                                   | kvm_exit hlt             | kvm_exit hlt | eventfd_read 9         |
`;

const PATH = { path: 'virtio-blk-iothread' };

describe('two guests in one recording, drawn', () => {
  it('are told apart by the process that serves the disk, however busy the other is', () => {
    const { at, outcome } = followDiagram(drawing('910/900', '912/900', '1912/1900'), PATH);
    expect(outcome('A')).toBe('matched');
    expect([at('A', 'kvm:exit'), at('A', 'kvm:entry')]).toEqual([5, 58]);
  });

  it('are told apart by the threads of the facts', () => {
    const facts = { qemuThreads: [{ tid: 912, name: 'CPU 0/KVM' }] };
    const { at } = followDiagram(drawing('910', '912', '1912'), { ...PATH, facts });
    expect([at('A', 'kvm:exit'), at('A', 'kvm:entry')]).toEqual([5, 58]);
  });

  it('leave the vCPU’s points open where nothing tells whose its thread is', () => {
    const { at, outcome } = followDiagram(drawing('910', '912', '1912'), PATH);
    expect(outcome('A')).toBe('matched');
    expect([at('A', 'kvm:exit'), at('A', 'kvm:entry')]).toEqual([undefined, undefined]);
    expect(at('A', 'host:issue')).toBe(17);
  });
});
