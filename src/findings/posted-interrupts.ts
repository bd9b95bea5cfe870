import { hostSide } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

/** `/sys/module/kvm_intel/parameters/enable_apicv = N`, as the facts note it. */
const SWITCHED_OFF = /\/(kvm_intel\/parameters\/enable_apicv|kvm_amd\/parameters\/avic) = [N0]\b/;

export const postedInterrupts = defineFinding({
  id: 'posted-interrupts',
  severity: 'info',
  title: 'Interrupts are injected by an exit: posted interrupts are switched off',
  about:
    'With APICv or AVIC an interrupt reaches a running vCPU without an exit. The module parameter says whether KVM uses it. Not every CPU has it, and some settings of the guest (split irqchip, x2APIC with old AVIC, Hyper-V SynIC) switch it off per guest.',
  find(input) {
    const setting = input.facts.notes?.find((note) => SWITCHED_OFF.test(note));
    const host = hostSide(input);
    if (setting === undefined || host === undefined || input.correlated.host === undefined) return undefined;
    const injected = host.occurrences.count('kvm_inj_virq');
    if (injected < input.breakdown.matched.length / 2 || injected === 0) return undefined;
    return {
      evidence: `${setting}; KVM put ${injected} interrupts into entries of the vCPU in this recording`,
      gain: gainOfStages(input, ['irq-inject', 'vcpu-wakeup']),
      confidence: 'low',
      fix: 'reload kvm_intel with enable_apicv=1 (kvm_amd with avic=1) where the CPU has it: no guest may run',
    };
  },
});
