/**
 * A back-end that wanders over the host's CPUs now and then submits on one whose queue of the drive is hardly used: its
 * interrupt is the disk's all the same. One that comes beside the drive's own is not.
 */
import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';
import { type DrawnRow, drawRows } from '../support/iothread-lanes.ts';

const LANES = `
disk guest 254:0 host 259:0
lane app  guest cpu0 reader-142
lane girq guest cpu0 <idle>-0
lane vcpu host  cpu2 "CPU 0/KVM"-912/900 vcpu0
lane io   host  cpu3 "IO io0"-910/900
lane irq  host  cpu1 <idle>-0
`;

/** Events of one request by µs and lane; \`q\`: the drive's interrupt, a number and a name. */
const request = (label: string, begin: number, q: string): DrawnRow[] =>
  (
    [
      [0, 'app', 'sys_enter_preadv2'],
      [2, 'app', `block_rq_issue ${label}`],
      [3, 'app', 'vp_notify'],
      [5, 'vcpu', 'kvm_exit mmio'],
      [6, 'vcpu', 'kvm_mmio febfb000'],
      [7, 'vcpu', 'eventfd_signal 7'],
      [8, 'vcpu', 'kvm_entry'],
      [12, 'io', 'eventfd_read 7'],
      [15, 'io', 'sys_enter_io_submit 1'],
      [17, 'io', `block_rq_issue ${label}`],
      [40, 'irq', q],
      [42, 'irq', `block_rq_complete ${label}`],
      [43, 'irq', 'eventfd_signal 8'],
      [48, 'io', 'eventfd_read 8'],
      [52, 'io', 'virtqueue_push'],
      [54, 'io', 'irqfd_wakeup'],
      [55, 'io', 'kvm_apic_accept_irq 38'],
      [57, 'vcpu', 'kvm_inj_virq 38'],
      [58, 'vcpu', 'kvm_entry'],
      [60, 'girq', 'irq_handler_entry 25 virtio1-req.0'],
      [62, 'girq', `block_rq_complete ${label}`],
      [66, 'app', 'sys_exit_preadv2'],
    ] as const
  ).map(([time, lane, event]) => [begin + time, lane, event]);

const labels = Array.from({ length: 100 }, (_, index) => `R${index}`);
/** Three of a hundred: less than a queue needs that is told by its share alone. */
const RARE = ['R30', 'R60', 'R90'];

function draw(interruptOf: (label: string) => string, more: readonly DrawnRow[] = []): string {
  const lanes = ['app', 'girq', 'vcpu', 'io', 'irq'];
  const events = [
    ...labels.flatMap((label, index) => request(label, index * 100, interruptOf(label))),
    ...more,
  ];
  const requests = labels.map((label, index) => `request ${label} read ${(index + 1) * 800}+8`);
  return [LANES, ...requests, '', drawRows(lanes, events)].join('\n');
}

const USUAL = 'irq_handler_entry 45 nvme0q4';

describe('the interrupt of a queue that is hardly used', () => {
  it('is taken for the request it completes', () => {
    const drawn = draw((label) => (RARE.includes(label) ? 'irq_handler_entry 42 nvme0q1' : USUAL));
    const { counts, at } = followDiagram(drawn, { path: 'virtio-blk-iothread' });
    // The first and the last lie at the edges of the recording.
    expect(counts['matched']).toBe(98);
    expect(RARE.map((label) => at(label, 'host:irq'))).toEqual([3040, 6040, 9040]);
  });

  it('is taken as well where a foreign one came beside it', () => {
    const drawn = draw(
      (label) => (RARE.includes(label) ? 'irq_handler_entry 42 nvme0q1' : USUAL),
      [[3030, 'irq', 'irq_handler_entry 24 eth0']],
    );
    const { counts, at } = followDiagram(drawn, { path: 'virtio-blk-iothread' });
    expect(counts['matched']).toBe(98);
    expect(RARE.map((label) => at(label, 'host:irq'))).toEqual([3040, 6040, 9040]);
  });

  it('is not one that comes while the drive’s own does, nor one that was seen once', () => {
    const foreign = ['R30', 'R60', 'R90'].map(
      (label): DrawnRow => [Number(label.slice(1)) * 100 + 30, 'irq', 'irq_handler_entry 24 eth0'],
    );
    // Of R60 nothing tells which of the two was the drive's.
    const drawn = draw((label) => (label === 'R60' ? 'irq_handler_entry 42 nvme0q1' : USUAL), foreign);
    const { outcome, counts } = followDiagram(drawn, { path: 'virtio-blk-iothread' });
    expect(counts['matched']).toBe(97);
    expect(outcome('R60')).toBe('quarantined: host:irq not observed, though nearly all requests have it');
  });
});
