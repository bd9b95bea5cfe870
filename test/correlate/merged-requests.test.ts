import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';
import { IOTHREAD_LANES } from '../support/iothread-lanes.ts';
import { traceFromDiagram } from '../support/trace-diagram.ts';

/** QEMU, or the host's plug, makes one host request of two of the guest. */
const MERGED_ON_THE_HOST = (sectors: number) => `${IOTHREAD_LANES}
request A read 800+${sectors}
request B read ${800 + sectors}+${sectors}

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
 15 |                       |                                   |                          | sys_enter_io_submit 1  |
 17 |                       |                                   |                          | block_rq_issue A+B     |
 40 |                       |                                   |                          |                        | irq_handler_entry 45 nvme0q4
 42 |                       |                                   |                          |                        | block_rq_complete A+B
 43 |                       |                                   |                          |                        | eventfd_signal 8
 48 |                       |                                   |                          | eventfd_read 8         |
 52 |                       |                                   |                          | virtqueue_push         |
 53 |                       |                                   |                          | virtqueue_push         |
 54 |                       |                                   |                          | irqfd_wakeup           |
 55 |                       |                                   |                          | kvm_apic_accept_irq 38 |
 57 |                       |                                   | kvm_inj_virq 38          |                        |
 58 |                       |                                   | kvm_entry                |                        |
 60 |                       | irq_handler_entry 25 virtio1-req.0 |                          |                        |
 61 |                       | block_rq_complete A               |                          |                        |
 62 |                       | block_rq_complete B               |                          |                        |
 64 | sys_enter_io_getevents 1 |                                |                          |                        |
 66 | sys_exit_io_getevents 2  |                                |                          |                        |
 70 |                       |                                   | kvm_exit hlt             | eventfd_read 9         |
`;

describe.each([1, 4, 8, 64])(
  'two requests of the guest in one of the host, %d sectors each, drawn',
  (sectors) => {
    const followed = followDiagram(MERGED_ON_THE_HOST(sectors), { path: 'virtio-blk-iothread' });

    it('are both followed, with the times of the one', () => {
      expect(followed.counts).toEqual({ matched: 2 });
      expect(followed.correlated.match?.merged).toBe(1);
      for (const label of ['A', 'B']) {
        expect(followed.at(label, 'host:issue')).toBe(17);
        expect(followed.at(label, 'host:irq')).toBe(40);
        expect(followed.at(label, 'host:complete')).toBe(42);
        expect(followed.stages(label)).toContain('device 23000');
      }
    });
  },
);

/** The host's drive takes less at once than the guest asks for: one request of the guest becomes two. */
const SPLIT = `${IOTHREAD_LANES}
request A read 800+16

 µs | app                   | girq                              | vcpu                     | io                     | irq
  0 | sys_enter_io_submit 1 |                                   | kvm_entry                |                        |
  2 | block_rq_issue A      |                                   |                          |                        |
  4 | vp_notify             |                                   |                          |                        |
  5 |                       |                                   | kvm_exit mmio            |                        |
  6 |                       |                                   | kvm_mmio febfb000        |                        |
  7 |                       |                                   | eventfd_signal 7         |                        |
  8 |                       |                                   | kvm_entry                |                        |
  9 | sys_exit_io_submit 1  |                                   |                          |                        |
 12 |                       |                                   |                          | eventfd_read 7         |
 15 |                       |                                   |                          | sys_enter_io_submit 1  |
 17 |                       |                                   |                          | block_rq_issue A[0:8]  |
 18 |                       |                                   |                          | block_rq_issue A[8:8]  |
 30 |                       |                                   |                          |                        | irq_handler_entry 45 nvme0q4
 31 |                       |                                   |                          |                        | block_rq_complete FIRST
 40 |                       |                                   |                          |                        | irq_handler_entry 45 nvme0q4
 42 |                       |                                   |                          |                        | block_rq_complete LAST
 43 |                       |                                   |                          |                        | eventfd_signal 8
 48 |                       |                                   |                          | eventfd_read 8         |
 52 |                       |                                   |                          | virtqueue_push         |
 54 |                       |                                   |                          | irqfd_wakeup           |
 55 |                       |                                   |                          | kvm_apic_accept_irq 38 |
 57 |                       |                                   | kvm_inj_virq 38          |                        |
 58 |                       |                                   | kvm_entry                |                        |
 60 |                       | irq_handler_entry 25 virtio1-req.0 |                          |                        |
 61 |                       | block_rq_complete A               |                          |                        |
 64 | sys_enter_io_getevents 1 |                                |                          |                        |
 66 | sys_exit_io_getevents 1  |                                |                          |                        |
 70 |                       |                                   | kvm_exit hlt             | eventfd_read 9         |
`;

describe.each([
  ['A[0:8]', 'A[8:8]'],
  ['A[8:8]', 'A[0:8]'],
])('one request of the guest in two of the host, %s completing first, drawn', (first, last) => {
  const split = SPLIT.replace('FIRST', first).replace('LAST', last);

  it('is issued with the first part and complete with the last', () => {
    const { at, counts, stages } = followDiagram(split, { path: 'virtio-blk-iothread' });
    expect(counts).toEqual({ matched: 1 });
    expect(at('A', 'host:issue')).toBe(17);
    expect(at('A', 'host:irq')).toBe(40);
    expect(at('A', 'host:complete')).toBe(42);
    expect(stages('A')).toContain('device 23000');
  });

  it.each([first, last])(
    'is not given the times of one part when the other’s completion (%s) is missing',
    (part) => {
      const { at } = followDiagram(split.replace(`block_rq_complete ${part}`, ''), {
        path: 'virtio-blk-iothread',
      });
      expect(at('A', 'host:complete')).toBeUndefined();
    },
  );
});

describe('a host whose tracer records no lengths, drawn', () => {
  it('is taken to have one request for each of the guest’s', () => {
    const trace = traceFromDiagram(MERGED_ON_THE_HOST(8).replaceAll('A+B', 'A'));
    const { host } = trace;
    const lengthless = { ...host!, aux: host!.aux.map(() => 0) };
    const { at, outcome } = followDiagram({ ...trace, host: lengthless }, { path: 'virtio-blk-iothread' });
    expect(outcome('A')).toBe('matched');
    expect(at('A', 'host:issue')).toBe(17);
  });
});
