import { EXIT_CLASS } from '../event-kinds.ts';

/** Field `isa` of kvm_exit (arch/x86/kvm/trace.h: KVM_ISA_VMX, KVM_ISA_SVM). */
export const ISA = { unknown: 0, vmx: 1, svm: 2 } as const;

/** arch/x86/include/uapi/asm/vmx.h: EXTERNAL_INTERRUPT, HLT, IO_INSTRUCTION, EPT_VIOLATION, EPT_MISCONFIG. */
const VMX = new Map<number, number>([
  [1, EXIT_CLASS.interrupt],
  [12, EXIT_CLASS.halt],
  [30, EXIT_CLASS.pio],
  [48, EXIT_CLASS.mmio],
  [49, EXIT_CLASS.mmio],
]);

/** arch/x86/include/uapi/asm/svm.h: INTR, HLT, IOIO, IDLE_HLT, NPF. */
const SVM = new Map<number, number>([
  [0x60, EXIT_CLASS.interrupt],
  [0x78, EXIT_CLASS.halt],
  [0x7b, EXIT_CLASS.pio],
  [0xa6, EXIT_CLASS.halt],
  [0x400, EXIT_CLASS.mmio],
]);

/**
 * Class of a numeric exit reason. Where the trace does not say which processor it was, the numbers do: SVM's below
 * 0x40 are accesses to control and debug registers, of which KVM intercepts none that VMX uses here.
 */
export function exitClass(reason: number, isa: number): number {
  const basic = reason & 0xffff; // VMX has flags above (entry failed, from an enclave …)
  if (isa === ISA.vmx) return VMX.get(basic) ?? EXIT_CLASS.other;
  if (isa === ISA.svm) return SVM.get(reason) ?? EXIT_CLASS.other;
  return VMX.get(basic) ?? SVM.get(reason) ?? EXIT_CLASS.other;
}
