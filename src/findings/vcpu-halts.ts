import { countOf, hasPoint, microseconds, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

/** Below this share of the total the wake-up is not what to work on. */
const LEAST_SHARE = 0.1;

export const vcpuHalts = defineFinding({
  id: 'vcpu-halts',
  severity: 'info',
  title: 'The vCPU halts while it waits, and is woken for the completion',
  about:
    'A guest that idles executes HLT; waking its vCPU takes an exit, a scheduler wake-up and an entry. cpuidle-haltpoll in the guest, or kvm.halt_poll_ns on the host, let it wait awake for a while. That trades CPU time for latency.',
  find(input) {
    const halted = countOf(input, hasPoint(input, 'kvm:halt'));
    const gain = gainOfStages(input, ['vcpu-wakeup']);
    if (gain === null || halted * 2 < input.breakdown.matched.length || gain.share < LEAST_SHARE)
      return undefined;
    const haltpoll = input.facts.notes?.some((note) => /\bdriver=haltpoll\b/.test(note)) ?? false;
    return {
      evidence: `the vCPU had halted in ${ofRequests(input, halted)}; resuming it took ${microseconds(gain.atMostNs)} a request`,
      gain,
      confidence: 'high',
      fix: `${haltpoll ? 'cpuidle-haltpoll is in use: a larger /sys/module/haltpoll/parameters/guest_halt_poll_ns' : 'modprobe cpuidle_haltpoll force=1'} in the guest, or a larger /sys/module/kvm/parameters/halt_poll_ns on the host; compare the CPU time it costs`,
    };
  },
});
