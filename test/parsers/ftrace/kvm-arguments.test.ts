/**
 * Lines marked "drawn" were written after the TP_printk of the kernel or the trace-cmd plug-in, because no recording has
 * them; all others stand in a recording.
 */
import { describe, expect, it } from 'vitest';
import { EXIT_CLASS } from '../../../parsers/event-kinds.ts';
import { readArguments } from './read-arguments.ts';

const NAN = Number.NaN;

describe('kvm exit reasons', () => {
  it.each([
    ['npf', EXIT_CLASS.mmio],
    ['io', EXIT_CLASS.pio],
    ['hlt', EXIT_CLASS.halt],
    ['interrupt', EXIT_CLASS.interrupt],
    ['msr', EXIT_CLASS.other],
    ['cpuid', EXIT_CLASS.other],
    // Drawn: VMX names, newer SVM ones, and SVM as libtraceevent prints it.
    ['EPT_MISCONFIG', EXIT_CLASS.mmio],
    ['EPT_VIOLATION', EXIT_CLASS.mmio],
    ['IO_INSTRUCTION', EXIT_CLASS.pio],
    ['HLT', EXIT_CLASS.halt],
    ['idle-halt', EXIT_CLASS.halt],
    ['EXTERNAL_INTERRUPT', EXIT_CLASS.interrupt],
    ['EXIT_NPF', EXIT_CLASS.mmio],
    ['NPF', EXIT_CLASS.mmio],
    ['EXIT_IOIO', EXIT_CLASS.pio],
    ['EXIT_HLT', EXIT_CLASS.halt],
    ['EXIT_INTR', EXIT_CLASS.interrupt],
    ['npfx', EXIT_CLASS.other],
  ])('puts the exit reason %s into its class', (reason, exitClass) => {
    expect(readArguments('kvm_exit', `vcpu 3 reason ${reason} rip 0xffffffff815446e9 info1 0x0`)).toEqual([
      3,
      exitClass,
      0,
    ]);
    // Up to 5.8, and from trace-cmd, without the vCPU.
    expect(readArguments('kvm_exit', `reason ${reason} rip 0xffffffff815446e9 info 0 0`)).toEqual([
      0,
      exitClass,
      0,
    ]);
  });
});

describe('kvm events', () => {
  it.each([
    ['kvm_entry', 'vcpu 1, rip 0xffffffff81a592eb', [1, NAN, 0]],
    ['kvm_msi_set_irq', 'dst 0 vec 38 (Fixed|physical|edge)', [0, 38, 0]],
    ['kvm_apic_accept_irq', 'apicid 0 vec 236 (Fixed|edge)', [0, 236, 0]],
    ['kvm_eoi', 'apicid 0 vector 38', [0, 38, 0]],
    ['kvm_eoi', 'apicid 0 vector -1', [0, -1, 0]],
    ['kvm_inj_virq', 'IRQ 0x26', [0, 0x26, 0]],
    ['kvm_vcpu_wakeup', 'wait time 794913 ns, polling valid', [0, 794913, 1]],
    ['kvm_vcpu_wakeup', 'poll time 123044 ns, polling valid', [0, 123044, 0]],
    ['kvm_halt_poll_ns', 'vcpu 0: halt_poll_ns 10000 (grow 0)', [0, 10000, 0]],
    ['kvm_halt_poll_ns', 'vcpu 0: halt_poll_ns 0 (shrink 10000)', [0, 0, 10000]],
    ['kvm_set_irq', 'gsi 4 level 1 source 0', [0, 4, 0]],
    ['kvm_userspace_exit', 'reason KVM_EXIT_IO (2)', [0, 2, 0]],
    ['kvm_mmio', 'mmio write len 2 gpa 0xfebfb000 val 0x0', [0, 0xfebfb000, 1]],
    ['kvm_pio', 'pio_write at 0x3f9 size 1 count 1 val 0x7 ', [0, 0x3f9, 1]],
    ['kvm_pio', 'pio_read at 0x3fa size 1 count 1 val 0xc2 ', [0, 0x3fa, 0]],
    // Drawn, arch/x86/kvm/trace.h and include/trace/events/kvm.h.
    ['kvm_entry', 'vcpu 1, rip 0xffffffff81a592eb intr_info 0x00000000 error_code 0x00000000', [1, NAN, 0]],
    ['kvm_apicv_accept_irq', 'apicid 1f vec 33 (Fixed|edge)', [31, 33, 0]],
    ['kvm_msi_set_irq', 'dst 10 vec 38 (Fixed|physical|edge|rh)', [16, 38, 0]],
    ['kvm_inj_virq', 'Soft/INTn 0x20 [reinjected]', [0, 0x20, 0]],
    ['kvm_inj_virq', 'irq 236', [0, 236, 0]],
    ['kvm_userspace_exit', 'reason restart (4)', [0, -4, 0]],
    ['kvm_mmio', 'mmio unsatisfied-read len 4 gpa 0xfebf1000 val 0x0', [0, 0xfebf1000, 0]],
    ['kvm_mmio', 'mmio read len 4 gpa 0xfebf1000 val 0x0', [0, 0xfebf1000, 0]],
    ['kvm_fast_mmio', 'fast mmio at gpa 0xfe003000', [0, 0xfe003000, 0]],
    [
      'kvm_pi_irte_update',
      'VT-d PI is enabled and being updated for irq 45, vcpu 2, gsi: 0x18, gvec: 0x25, pi_desc_addr: 0x1',
      [2, 24, 1],
    ],
    ['kvm_pi_irte_update', 'PI is disabled for irq 45, vcpu 0, gsi: 0x18, gvec: 0x25', [0, 24, 0]],
  ])('reads %s %j', (event, text, columns) => {
    expect(readArguments(event, text)).toEqual(columns);
  });

  it.each([
    ['kvm_exit', 'vcpu x reason hlt rip 0x0'],
    ['kvm_exit', 'hlt'],
    ['kvm_entry', 'vcpu 99999999999, rip 0x0'],
    ['kvm_msi_set_irq', 'dst 0 vector 38'],
    ['kvm_inj_virq', 'IRQ'],
    ['kvm_vcpu_wakeup', 'wait time long'],
    ['kvm_vcpu_wakeup', 'wait time 99999999999999999999 ns, polling valid'],
    ['kvm_halt_poll_ns', 'vcpu 0: halt_poll_ns 10000'],
    ['kvm_mmio', 'mmio write len 2'],
    ['kvm_pio', 'write at 0x3f9'],
    ['kvm_userspace_exit', 'reason KVM_EXIT_IO'],
  ])('refuses %s %j', (event, text) => {
    expect(readArguments(event, text)).toBeUndefined();
  });
});
