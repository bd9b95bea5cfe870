import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';
import { IOTHREAD_LANES } from '../support/iothread-lanes.ts';

/** Two requests of one submission in the guest; the back-end submits each for itself. */
const TWO_CALLS = `${IOTHREAD_LANES}request A read 800+8
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
 15 |                       |                                   |                          | sys_enter_io_submit 1  |
 17 |                       |                                   |                          | block_rq_issue A       |
 18 |                       |                                   |                          | sys_exit_io_submit 1   |
 20 |                       |                                   |                          | sys_enter_io_submit 1  |
 22 |                       |                                   |                          | block_rq_issue B       |
 23 |                       |                                   |                          | sys_exit_io_submit 1   |
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

const PATH = { path: 'virtio-blk-iothread' };

describe('the system call that issued a host request, drawn', () => {
  it('is the one its thread is in', () => {
    const { at } = followDiagram(TWO_CALLS, PATH);
    expect([at('A', 'backend:submit'), at('B', 'backend:submit')]).toEqual([15, 20]);
  });

  it('is not one that has returned: with its own lost, none is taken', () => {
    const lost = TWO_CALLS.replace(/^ 20 .*\n/m, '').replace(/^ 23 .*\n/m, '');
    const { at, outcome } = followDiagram(lost, PATH);
    expect(at('A', 'backend:submit')).toBe(15);
    expect(outcome('B')).toBe('matched');
    expect(at('B', 'backend:submit')).toBeUndefined();
  });
});

/** Ten requests of two tasks in turn, two at a time in flight, each with an interrupt of its own 2 µs before it completes. */
function handlers(exitUs: number, lost: number): (number | undefined)[] {
  const rows: [number, string][] = [];
  for (let index = 0; index < 10; index++) {
    const at = index * 100;
    const app = index % 2 === 0 ? (row: string) => `| ${row} | |` : (row: string) => `| | ${row} |`;
    rows.push([at, app('sys_enter_pread64')], [at + 2, app(`block_rq_issue R${index}`)]);
    if (index !== lost) rows.push([at + 140, '| | | irq_handler_entry 45 nvme0q4']);
    rows.push(
      [at + 142, `| | | block_rq_complete R${index}`],
      [at + exitUs, '| | | irq_handler_exit 45 nvme0q4'],
    );
    rows.push([at + 150, app('sys_exit_pread64')]);
  }
  const lines = rows.sort(([a], [b]) => a - b).map(([at, row]) => `${at} ${row}`);
  const requests = Array.from({ length: 10 }, (_, index) => `request R${index} read ${(index + 1) * 800}+8`);
  const diagram = `
disk host 259:0
lane one host cpu0 fio-142
lane two host cpu2 fio-143
lane irq host cpu1 <idle>-0
${requests.join('\n')}

 µs | one | two | irq
${lines.join('\n')}
`;
  const { at } = followDiagram(diagram, { path: 'local-block-device' });
  return requests.map((_, index) => at(`R${index}`, 'host:irq'));
}

describe('an interrupt’s handler that has ended', () => {
  const own = Array.from({ length: 10 }, (_, index) => index * 100 + 140);

  it('completes nothing: the handler that did was lost', () => {
    expect(handlers(144, -1)).toEqual(own);
    expect(handlers(144, 5)).toEqual(own.map((at, index) => (index === 5 ? undefined : at)));
  });

  it('has raised the softirq that completes, where it always has ended', () => {
    expect(handlers(141, -1)).toEqual(own);
  });
});
