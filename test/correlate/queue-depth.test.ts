import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';
import { IOTHREAD_LANES } from '../support/iothread-lanes.ts';

/** One request, alone: the shape the others are variations of. */
const ALONE = `${IOTHREAD_LANES}
request A read 800+8

 µs | app                   | girq                              | vcpu                     | io                     | irq
  0 | sys_enter_io_submit 1 |                                   | kvm_entry                |                        |
  2 | block_rq_issue A      |                                   |                          |                        |
  3 | vp_notify             |                                   |                          |                        |
  5 |                       |                                   | kvm_exit mmio            |                        |
  6 |                       |                                   | kvm_mmio febfb000        |                        |
  7 |                       |                                   | eventfd_signal 7         |                        |
  8 |                       |                                   | kvm_entry                |                        |
  9 | sys_exit_io_submit 1  |                                   |                          |                        |
 12 |                       |                                   |                          | eventfd_read 7         |
 15 |                       |                                   |                          | sys_enter_io_submit 1  |
 17 |                       |                                   |                          | block_rq_issue A       |
 40 |                       |                                   |                          |                        | irq_handler_entry 45 nvme0q4
 42 |                       |                                   |                          |                        | block_rq_complete A
 43 |                       |                                   |                          |                        | eventfd_signal 8
 48 |                       |                                   |                          | eventfd_read 8         |
 52 |                       |                                   |                          | virtqueue_push         |
 54 |                       |                                   |                          | irqfd_wakeup           |
 55 |                       |                                   |                          | kvm_apic_accept_irq 38 |
 57 |                       |                                   | kvm_inj_virq 38          |                        |
 58 |                       |                                   | kvm_entry                |                        |
 60 |                       | irq_handler_entry 25 virtio1-req.0 |                          |                        |
 62 |                       | block_rq_complete A               |                          |                        |
 64 | sys_enter_io_getevents 1 |                                |                          |                        |
 66 | sys_exit_io_getevents 1  |                                |                          |                        |
 70 |                       |                                   | kvm_exit hlt             | eventfd_read 9         |
`;

describe('one request, drawn', () => {
  it('is taken apart at every border that was drawn, to the nanosecond', () => {
    const { outcome, stages, totalNs } = followDiagram(ALONE, { path: 'virtio-blk-iothread' });
    expect(outcome('A')).toBe('matched');
    expect(stages('A')).toEqual([
      'guest-submit 2000',
      'guest-kick 3000',
      'kick-exit 2000',
      'iothread-wakeup 5000',
      'virtio-parse+qemu-block 3000',
      'host-submit 2000',
      'device 23000',
      'host-irq 2000',
      'complete-notify 1000',
      'iothread-complete-wakeup 5000',
      'qemu-complete 4000',
      'used-notify 2000',
      'irq-inject 1000',
      'vcpu-wakeup 3000',
      'guest-irq 2000',
      'guest-complete 2000',
      'guest-wakeup 4000',
    ]);
    expect(totalNs('A')).toBe(66_000);
  });
});

/** Two requests of one submission: one kick, one interrupt of the drive each, one injection for both. */
const COALESCED = `${IOTHREAD_LANES}
request A read 800+8
request B read 1600+8

 µs | app                   | girq                              | vcpu                     | io                     | irq
  0 | sys_enter_io_submit 2 |                                   | kvm_entry                |                        |
  2 | block_rq_issue A      |                                   |                          |                        |
  3 | block_rq_issue B      |                                   |                          |                        |
  4 | vp_notify             |                                   |                          |                        |
  5 |                       |                                   | kvm_exit mmio            |                        |
  6 |                       |                                   | kvm_mmio febfb000        |                        |
  7 |                       |                                   | eventfd_signal 7         |                        |
  8 |                       |                                   | kvm_entry                |                        |
  9 | sys_exit_io_submit 2  |                                   |                          |                        |
 12 |                       |                                   |                          | eventfd_read 7         |
 15 |                       |                                   |                          | sys_enter_io_submit 2  |
 17 |                       |                                   |                          | block_rq_issue A       |
 18 |                       |                                   |                          | block_rq_issue B       |
 40 |                       |                                   |                          |                        | irq_handler_entry 45 nvme0q4
 41 |                       |                                   |                          |                        | block_rq_complete B
 42 |                       |                                   |                          |                        | eventfd_signal 8
 44 |                       |                                   |                          |                        | irq_handler_entry 45 nvme0q4
 45 |                       |                                   |                          |                        | block_rq_complete A
 46 |                       |                                   |                          |                        | eventfd_signal 8
 48 |                       |                                   |                          | eventfd_read 8         |
 52 |                       |                                   |                          | virtqueue_push         |
 53 |                       |                                   |                          | virtqueue_push         |
 54 |                       |                                   |                          | irqfd_wakeup           |
 55 |                       |                                   |                          | kvm_apic_accept_irq 38 |
 57 |                       |                                   | kvm_inj_virq 38          |                        |
 58 |                       |                                   | kvm_entry                |                        |
 60 |                       | irq_handler_entry 25 virtio1-req.0 |                          |                        |
 61 |                       | block_rq_complete B               |                          |                        |
 62 |                       | block_rq_complete A               |                          |                        |
 64 | sys_enter_io_getevents 1 |                                |                          |                        |
 66 | sys_exit_io_getevents 2  |                                |                          |                        |
 70 |                       |                                   | kvm_exit hlt             | eventfd_read 9         |
`;

describe('two requests in flight, drawn', () => {
  const followed = followDiagram(COALESCED, { path: 'virtio-blk-iothread' });

  it('follows both, completed out of order, each summing to its own total', () => {
    expect(followed.counts).toEqual({ matched: 2 });
    for (const label of ['A', 'B']) {
      const sum = followed.stages(label).reduce((ns, stage) => ns + Number(stage.split(' ').at(-1)), 0);
      expect(sum).toBe(followed.totalNs(label));
    }
  });

  it('gives both the one kick, and each its own drive interrupt', () => {
    expect(followed.at('A', 'kvm:ioeventfd')).toBe(7);
    expect(followed.at('B', 'kvm:ioeventfd')).toBe(7);
    expect(followed.at('A', 'host:irq')).toBe(44);
    expect(followed.at('B', 'host:irq')).toBe(40);
    expect(followed.at('A', 'host:issue')).toBe(17);
    expect(followed.at('B', 'host:issue')).toBe(18);
  });

  it('does not guess which used entry was whose', () => {
    expect(followed.at('A', 'backend:push')).toBeUndefined();
    expect(followed.at('B', 'backend:push')).toBeUndefined();
    expect(followed.at('A', 'kvm:irqfd')).toBe(54);
    expect(followed.at('B', 'kvm:irqfd')).toBe(54);
  });
});

describe('what cannot be told apart, drawn', () => {
  it('rejects two requests to one sector that are in flight at once', () => {
    const twice = COALESCED.replace('request B read 1600+8', 'request B read 800+8');
    const { counts } = followDiagram(twice, { path: 'virtio-blk-iothread' });
    expect(counts).toEqual({ 'rejected: another request to the same sector was in flight': 2 });
  });

  it('names a request that never completed, and follows the other', () => {
    const half = COALESCED.replace(
      'block_rq_complete A               |',
      '                                  |',
    );
    const { outcome } = followDiagram(half, { path: 'virtio-blk-iothread' });
    expect(outcome('A')).toBe('rejected: never completed in the recording');
    expect(outcome('B')).toBe('matched');
  });

  it('follows a partition by its constant shift', () => {
    const { at, outcome } = followDiagram(
      COALESCED.replace('disk guest 254:0 host 259:0', 'disk guest 254:0 host 259:0 shift 2048'),
      {
        path: 'virtio-blk-iothread',
      },
    );
    expect(outcome('A')).toBe('matched');
    expect(at('A', 'host:issue')).toBe(17);
    expect(at('B', 'host:issue')).toBe(18);
  });
});
