import { hostSide } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';
import { gainOfStages } from './gain.ts';
import { type Setting, settingOf } from './settings.ts';

/** KVM's switches, and what /proc/cpuinfo calls the processor's feature. */
const SWITCHES = [
  { module: 'kvm_intel', path: /\/kvm_intel\/parameters\/enable_apicv$/, feature: 'posted_intr' },
  { module: 'kvm_amd', path: /\/kvm_amd\/parameters\/avic$/, feature: 'avic' },
] as const;
const OFF = /^[N0]$/;

export const postedInterrupts = defineFinding({
  id: 'posted-interrupts',
  severity: 'info',
  title: 'Posted interrupts are switched off though the CPU has them',
  about:
    'With APICv (Intel) or AVIC (AMD) an interrupt reaches a running vCPU without an exit, and with VT-d or AMD’s IOMMU that of an assigned drive without the host. Said only where the host’s /proc/cpuinfo shows the feature and KVM’s module parameter has it off. Some settings of the guest switch it off again (split irqchip, x2APIC with older AVIC, Hyper-V SynIC); a vCPU that halted has to be woken all the same.',
  find(input) {
    const off = switchedOff(input);
    const host = hostSide(input);
    if (off === undefined || host === undefined || input.correlated.host === undefined) return undefined;
    const injected = host.occurrences.count('kvm_inj_virq');
    if (injected < input.breakdown.matched.length / 2 || injected === 0) return undefined;
    return {
      evidence: `${off.setting.text}, and the CPU has ${off.feature}; KVM put ${injected} interrupts into entries of the vCPU in this recording`,
      gain: gainOfStages(input, ['irq-inject', 'vcpu-wakeup']),
      confidence: 'low',
      fix:
        off.module === 'kvm_intel'
          ? 'with all guests off: modprobe -r kvm_intel; modprobe kvm_intel enable_apicv=1'
          : 'with all guests off: modprobe -r kvm_amd; modprobe kvm_amd avic=1',
    };
  },
});

function switchedOff(input: FindingInput): { setting: Setting; feature: string; module: string } | undefined {
  for (const { module, path, feature } of SWITCHES) {
    const setting = settingOf(input, 'host', path);
    if (setting === undefined || !OFF.test(setting.value)) continue;
    const has = input.facts.notes?.some((note) => note === `the host’s CPU has ${feature}`) ?? false;
    if (has) return { setting, feature, module };
  }
  return undefined;
}
