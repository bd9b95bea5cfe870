/**
 * A polling driver in user space finds a completion while the handler of the drive's interrupt still runs: its signal comes when
 * the guest has long been told. The interrupt was none of the request's way; a signal that never comes is a lost event.
 */
import { describe, expect, it } from 'vitest';
import { pathByName } from '../../src/paths/index.ts';
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

/** When the handler signals its eventfd, in µs after the request; undefined: that event is lost. */
type Signals = (index: number) => number | undefined;

/** Sixty requests, 100 µs each: interrupt at 40, used entry at 52, injection at 55. */
function draw(signals: Signals): string {
  const lanes = ['app', 'girq', 'vcpu', 'io', 'irq'];
  const rows: DrawnRow[] = [];
  for (let index = 0; index < 60; index++) {
    const at = (time: number, lane: string, event: string) => rows.push([index * 100 + time, lane, event]);
    at(0, 'app', 'sys_enter_preadv2');
    at(2, 'app', `block_rq_issue R${index}`);
    at(3, 'app', 'vp_notify');
    at(5, 'vcpu', 'kvm_exit mmio');
    at(6, 'vcpu', 'ioeventfd_write febfb000');
    at(7, 'vcpu', 'eventfd_signal 7');
    at(8, 'vcpu', 'kvm_entry');
    at(12, 'io', 'eventfd_read 7');
    at(40, 'irq', 'irq_handler_entry 44 vfio-msix[0](0000:21:00.0)');
    at(41, 'irq', 'vfio_msihandler 44');
    const signal = signals(index);
    if (signal !== undefined) at(signal, 'irq', 'eventfd_signal 8');
    if (signal !== undefined && signal < 50) at(48, 'io', 'eventfd_read 8');
    at(53, 'io', 'eventfd_write');
    at(54, 'io', 'irqfd_wakeup');
    at(55, 'io', 'kvm_apic_accept_irq 38');
    at(57, 'vcpu', 'kvm_inj_virq 38');
    at(58, 'vcpu', 'kvm_entry');
    at(60, 'girq', 'irq_handler_entry 25 virtio1-req.0');
    at(62, 'girq', `block_rq_complete R${index}`);
    at(66, 'app', 'sys_exit_preadv2');
  }
  const requests = Array.from({ length: 60 }, (_, index) => `request R${index} read ${(index + 1) * 800}+8`);
  return [LANES, ...requests, '', drawRows(lanes, rows)].join('\n');
}

/** Rounds of four requests, which share a kick, an interrupt of the drive and one of the guest. */
function drawRounds(): string {
  const lines: string[] = [];
  for (let round = 0; round < 15; round++) {
    const four = [0, 1, 2, 3].map((each) => `R${round * 4 + each}`);
    const at = (time: number, lane: number, event: string): void => {
      lines.push(`${round * 100 + time} |${' |'.repeat(lane)} ${event} ${'| '.repeat(4 - lane)}`);
    };
    at(0, 0, 'sys_enter_io_submit 4');
    for (const [each, label] of four.entries()) at(1 + each, 0, `block_rq_issue ${label}`);
    at(5, 0, 'vp_notify');
    at(6, 2, 'kvm_exit mmio');
    at(7, 2, 'ioeventfd_write febfb000');
    at(8, 2, 'eventfd_signal 7');
    at(9, 2, 'kvm_entry');
    at(12, 3, 'eventfd_read 7');
    at(40, 4, 'irq_handler_entry 44 vfio-msix[0](0000:21:00.0)');
    at(41, 4, 'vfio_msihandler 44');
    at(43, 4, 'eventfd_signal 8');
    at(48, 3, 'eventfd_read 8');
    at(53, 3, 'eventfd_write');
    at(54, 3, 'irqfd_wakeup');
    at(55, 3, 'kvm_apic_accept_irq 38');
    at(57, 2, 'kvm_inj_virq 38');
    at(58, 2, 'kvm_entry');
    at(60, 1, 'irq_handler_entry 25 virtio1-req.0');
    for (const [each, label] of four.entries()) at(62 + each, 1, `block_rq_complete ${label}`);
    at(70, 0, 'sys_exit_io_submit 4');
  }
  const requests = Array.from({ length: 60 }, (_, index) => `request R${index} read ${(index + 1) * 800}+8`);
  return [LANES, ...requests, '', ' µs | app | girq | vcpu | io | irq', ...lines].join('\n');
}

const PATH = { path: 'virtio-blk-userspace-nvme' };

describe('the interrupt of a driver in user space', () => {
  it('is on the way of a request whose driver it woke', () => {
    const { variant, stages } = followDiagram(
      draw(() => 43),
      PATH,
    );
    expect(variant('R7')).toContain('drive interrupt, woken by completion');
    expect(stages('R7').some((stage) => stage.startsWith('complete-notify'))).toBe(true);
  });

  it('is not when its signal comes after the guest was told', () => {
    const { outcome, variant, stages } = followDiagram(
      draw((index) => (index === 7 ? 59 : 43)),
      PATH,
    );
    expect(outcome('R7')).toBe('matched');
    expect(variant('R7')).toContain('completion found before its interrupt');
    expect(stages('R7').some((stage) => stage.includes('complete-notify '))).toBe(false);
  });

  it('is on it where the tracer could not tell the drive’s interrupts from others', () => {
    const without = draw(() => 43)
      .split('\n')
      .filter((line) => !line.includes('vfio-msix'));
    const { outcome, variant } = followDiagram(without.join('\n'), PATH);
    expect(outcome('R7')).toBe('matched');
    expect(variant('R7')).toContain('drive interrupt, woken by completion');
  });

  it('is not spoken of where nothing of it was recorded', () => {
    const without = draw(() => 43)
      .split('\n')
      .filter((line) => !/vfio/.test(line));
    expect(followDiagram(without.join('\n'), PATH).variant('R7')).not.toContain('interrupt');
  });

  it('has lost an event when no signal comes at all', () => {
    const { outcome } = followDiagram(
      draw((index) => (index === 7 ? undefined : 43)),
      PATH,
    );
    expect(outcome('R7')).toBe('quarantined: drive interrupt incomplete: vfio:signal not observed');
  });
});

describe('the path of a drive that is driven from user space', () => {
  const pathOf = (diagram: string) => followDiagram(diagram).correlated.path;

  it('is QEMU’s own driver where a thread of QEMU works on the virtqueue', () => {
    expect(pathOf(draw(() => 43))).toBe(pathByName('virtio-blk-userspace-nvme'));
  });

  it('is that also where several requests share an interrupt', () => {
    expect(pathOf(drawRounds())).toBe(pathByName('virtio-blk-userspace-nvme'));
  });

  it('is the storage daemon’s where a thread of another process does', () => {
    const diagram = draw(() => 43).replace('"IO io0"-910/900', 'qemu-storage-da-910/901');
    expect(pathOf(diagram)).toBe(pathByName('vhost-user-blk-qsd-nvme'));
  });
});
