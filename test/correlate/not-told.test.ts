import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';
import { IOTHREAD_LANES } from '../support/iothread-lanes.ts';

/** B follows A while A’s kick is on its way, so that the guest does not kick again: the one kick may be both’s. */
const ONE_KICK = `${IOTHREAD_LANES}request A read 800+8
request B read 1600+8

 µs | app                   | girq                              | vcpu                     | io                     | irq
  0 | sys_enter_io_submit 1 |                                   | kvm_entry                |                        |
  2 | block_rq_issue A      |                                   |                          |                        |
  3 | vp_notify             |                                   |                          |                        |
  5 |                       |                                   | kvm_exit mmio            |                        |
  6 |                       |                                   | kvm_mmio febfb000        |                        |
  7 |                       |                                   | eventfd_signal 7         |                        |
  8 |                       |                                   | kvm_entry                |                        |
  9 | sys_exit_io_submit 1  |                                   |                          |                        |
 10 | sys_enter_io_submit 1 |                                   |                          |                        |
 11 | block_rq_issue B      |                                   |                          |                        |
 12 | sys_exit_io_submit 1  |                                   |                          | eventfd_read 7         |
 15 |                       |                                   |                          | sys_enter_io_submit 2  |
 17 |                       |                                   |                          | block_rq_issue A       |
 18 |                       |                                   |                          | block_rq_issue B       |
 40 |                       |                                   |                          |                        | irq_handler_entry 45 nvme0q4
 42 |                       |                                   |                          |                        | block_rq_complete A
 43 |                       |                                   |                          |                        | eventfd_signal 8
 44 |                       |                                   |                          |                        | block_rq_complete B
 45 |                       |                                   |                          |                        | eventfd_signal 8
 48 |                       |                                   |                          | eventfd_read 8         |
 54 |                       |                                   |                          | irqfd_wakeup           |
 55 |                       |                                   |                          | kvm_apic_accept_irq 38 |
 57 |                       |                                   | kvm_inj_virq 38          |                        |
 58 |                       |                                   | kvm_entry                |                        |
 60 |                       | irq_handler_entry 25 virtio1-req.0 |                          |                        |
 62 |                       | block_rq_complete A               |                          |                        |
 63 |                       | block_rq_complete B               |                          |                        |
 64 | sys_enter_io_getevents 1 |                                |                          |                        |
 66 | sys_exit_io_getevents 2  |                                |                          |                        |
 70 |                       |                                   | kvm_exit hlt             | eventfd_read 9         |
`;

describe('how a request in flight with another was picked up, drawn', () => {
  it('is not called polled where it may share the other’s kick', () => {
    const { variant, stages, outcome } = followDiagram(ONE_KICK, { path: 'virtio-blk-iothread' });
    expect(outcome('B')).toBe('matched');
    expect(variant('B')).toContain('kick not told apart');
    expect(stages('B').join(' ')).not.toContain('poll-pickup');
  });
});

/** One request, whose completion’s signal was lost; the IOThread reads the eventfd all the same. */
const LOST_SIGNAL = ONE_KICK.split('\n')
  .filter((line) => !/^(request B| 1[01] | 18 | 4[345] | 63 )/.test(line))
  .join('\n')
  .replace(
    'sys_exit_io_submit 1  |                                   |                          | eventfd_read 7',
    '                      |                                   |                          | eventfd_read 7',
  )
  .replace('sys_exit_io_getevents 2', 'sys_exit_io_getevents 1');

describe('how the completion of a request alone was found, drawn', () => {
  it('is told by the read of the eventfd, even where its signal was lost', () => {
    const { at, variant } = followDiagram(LOST_SIGNAL, { path: 'virtio-blk-iothread' });
    expect(at('A', 'backend:complete-read')).toBe(48);
    expect(variant('A')).not.toContain('completion found awake');
  });
});
