import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';

/** Two vCPUs with a queue each: a doorbell, a kick's eventfd and a vector of their own. One IOThread serves both. */
const TWO_QUEUES = `
disk guest 254:0 host 259:0
lane app0  guest cpu0 fio-142
lane irq0  guest cpu0 <idle>-0
lane app1  guest cpu1 fio-143
lane irq1  guest cpu1 <idle>-0
lane vcpu0 host  cpu2 "CPU 0/KVM"-912/900 vcpu0
lane vcpu1 host  cpu3 "CPU 1/KVM"-913/900 vcpu1
lane io    host  cpu0 "IO io0"-910/900
lane drive host  cpu1 <idle>-0
request A read 800+8
request B read 1600+8

 µs | app0                  | irq0 | app1                  | irq1 | vcpu0             | vcpu1             | io | drive
  0 | sys_enter_io_submit 1 |      | sys_enter_io_submit 1 |      | kvm_entry         | kvm_entry         |    |
  2 | block_rq_issue A      |      |                       |      |                   |                   |    |
  3 |                       |      | block_rq_issue B      |      |                   |                   |    |
  4 | vp_notify             |      |                       |      |                   |                   |    |
  5 |                       |      | vp_notify             |      | kvm_exit mmio     |                   |    |
  6 |                       |      |                       |      | kvm_mmio febfb000 | kvm_exit mmio     |    |
  7 |                       |      |                       |      | eventfd_signal 7  | kvm_mmio febfb004 |    |
  8 |                       |      |                       |      | kvm_entry         | eventfd_signal 17 |    |
  9 | sys_exit_io_submit 1  |      |                       |      |                   | kvm_entry         |    |
 10 |                       |      | sys_exit_io_submit 1  |      |                   |                   |    |
 12 |                       |      |                       |      |                   |                   | eventfd_read 7 |
 14 |                       |      |                       |      |                   |                   | sys_enter_io_submit 1 |
 15 |                       |      |                       |      |                   |                   | block_rq_issue A |
 16 |                       |      |                       |      |                   |                   | eventfd_read 17 |
 18 |                       |      |                       |      |                   |                   | sys_enter_io_submit 1 |
 19 |                       |      |                       |      |                   |                   | block_rq_issue B |
 40 |                       |      |                       |      |                   |                   |    | irq_handler_entry 45 nvme0q4
 41 |                       |      |                       |      |                   |                   |    | block_rq_complete B
 42 |                       |      |                       |      |                   |                   |    | eventfd_signal 8
 43 |                       |      |                       |      |                   |                   |    | irq_handler_entry 45 nvme0q4
 44 |                       |      |                       |      |                   |                   |    | block_rq_complete A
 45 |                       |      |                       |      |                   |                   |    | eventfd_signal 8
 48 |                       |      |                       |      |                   |                   | eventfd_read 8 |
 50 |                       |      |                       |      |                   |                   | virtqueue_push |
 51 |                       |      |                       |      |                   |                   | irqfd_wakeup |
 52 |                       |      |                       |      |                   |                   | kvm_apic_accept_irq 39 1 |
 53 |                       |      |                       |      |                   | kvm_inj_virq 39   |    |
 54 |                       |      |                       |      |                   | kvm_entry         | virtqueue_push |
 55 |                       |      |                       | irq_handler_entry 26 virtio1-req.1 |  |           | irqfd_wakeup |
 56 |                       |      |                       | block_rq_complete B |            |             | kvm_apic_accept_irq 38 0 |
 57 |                       |      |                       |      | kvm_inj_virq 38   |                   |    |
 58 |                       |      |                       |      | kvm_entry         |                   |    |
 59 |                       | irq_handler_entry 25 virtio1-req.0 |  |            |  |                   |    |
 60 |                       | block_rq_complete A |         |      |                   |                   |    |
 62 | sys_enter_io_getevents 1 |   | sys_enter_io_getevents 1 |   |                   |                   |    |
 63 | sys_exit_io_getevents 1  |   | sys_exit_io_getevents 1  |   |                   |                   |    |
 70 |                       |      |                       |      | kvm_exit hlt      | kvm_exit hlt      | eventfd_read 9 |
`;

describe('two queues served by one IOThread, drawn', () => {
  const followed = followDiagram(TWO_QUEUES);
  const { at } = followed;

  it('are two doorbells of one path', () => {
    expect(followed.counts).toEqual({ matched: 2 });
    expect(followed.correlated.path.name).toBe('virtio-blk-iothread-multiqueue');
  });

  it('give each request the kick, the read and the interrupt of its own queue', () => {
    expect([at('A', 'kvm:mmio'), at('B', 'kvm:mmio')]).toEqual([6, 7]);
    expect([at('A', 'kvm:ioeventfd'), at('B', 'kvm:ioeventfd')]).toEqual([7, 8]);
    expect([at('A', 'guest:irq'), at('B', 'guest:irq')]).toEqual([59, 55]);
    expect([at('A', 'host:complete'), at('B', 'host:complete')]).toEqual([44, 41]);
  });

  it('give no request what may be the other queue’s', () => {
    for (const [label, own] of [
      ['A', { irqfd: 55, inject: 56, push: 54, read: 12 }],
      ['B', { irqfd: 51, inject: 52, push: 50, read: 16 }],
    ] as const) {
      expect([undefined, own.irqfd]).toContain(at(label, 'kvm:irqfd'));
      expect([undefined, own.inject]).toContain(at(label, 'kvm:inject'));
      expect([undefined, own.push]).toContain(at(label, 'backend:push'));
      expect([undefined, own.read]).toContain(at(label, 'backend:kick-read'));
    }
  });
});
