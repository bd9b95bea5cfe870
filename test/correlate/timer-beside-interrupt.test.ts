/**
 * A guest's timer is accepted by its APIC as the drive's interrupt is, now and then between that and the handler. Which of
 * the two is the request's is told by who signalled it: VFIO's handler, on the same CPU.
 */
import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';
import { type DrawnRow, drawRows } from '../support/iothread-lanes.ts';

const LANES = `
disk guest 259:0
lane app  guest cpu0 reader-142
lane girq guest cpu0 <idle>-0
lane vcpu host  cpu2 "CPU 0/KVM"-912/900 vcpu0
lane irq  host  cpu1 <idle>-0
`;

const [DRIVE, TIMER] = [38, 236];

/** Sixty requests, 100 µs each; the timer of \`late\` comes after the drive's interrupt, all others' before. Lines with \`without\` are left out. */
function draw(late: number, without?: RegExp): string {
  const lanes = ['app', 'girq', 'vcpu', 'irq'];
  const rows = Array.from({ length: 60 }, (_, index) => {
    const timer = index === late ? 49 : 20;
    const own: DrawnRow[] = [
      [0, 'app', 'sys_enter_preadv2'],
      [2, 'app', `block_rq_issue R${index}`],
      [timer, 'vcpu', 'kvm_exit hlt'],
      [timer + 1, 'vcpu', `kvm_apic_accept_irq ${TIMER}`],
      [timer + 2, 'vcpu', 'kvm_entry'],
      [40, 'irq', 'vfio_msihandler 44'],
      [41, 'irq', 'eventfd_signal 8'],
      [42, 'irq', 'irqfd_wakeup'],
      [43, 'irq', `kvm_apic_accept_irq ${DRIVE}`],
      [45, 'vcpu', `kvm_inj_virq ${DRIVE}`],
      [46, 'vcpu', 'kvm_entry'],
      [60, 'girq', 'irq_handler_entry 26 nvme0q1'],
      [62, 'girq', `block_rq_complete R${index}`],
      [66, 'app', 'sys_exit_preadv2'],
    ];
    const kept = own.filter(([, , event]) => without?.test(event) !== true);
    return kept.map(([time, lane, event]): DrawnRow => [index * 100 + time, lane, event]);
  });
  const requests = Array.from({ length: 60 }, (_, index) => `request R${index} read ${(index + 1) * 800}+8`);
  return [LANES, ...requests, '', drawRows(lanes, rows.flat())].join('\n');
}

describe('the injection of an assigned drive’s interrupt', () => {
  it('is not the timer’s, also where the interrupt itself was not recorded', () => {
    const { outcome, at } = followDiagram(draw(7), { path: 'vfio-pci-nvme' });
    expect(outcome('R7')).toBe('matched');
    expect(at('R7', 'kvm:inject')).toBe(743);
    expect(at('R7', 'kvm:entry')).toBe(746);
    expect(at('R8', 'kvm:inject')).toBe(843);
  });

  it('is not the timer’s where nothing tells who signalled it, by what vectors are for', () => {
    const { outcome, at } = followDiagram(draw(7, /vfio_msihandler|eventfd_signal|irqfd_wakeup/), {
      path: 'vfio-pci-nvme',
    });
    expect(outcome('R7')).toBe('matched');
    expect(at('R7', 'kvm:inject')).toBe(743);
    expect(at('R8', 'kvm:inject')).toBe(843);
  });
});
