import { countOf, hasPoint, microseconds, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';
import { settingOf } from './settings.ts';

/** Below this share of the total the wake-up is not what to work on. */
const LEAST_SHARE = 0.1;

export const vcpuHalts = defineFinding({
  id: 'vcpu-halts',
  severity: 'info',
  title: 'The vCPU halts while it waits, and is woken for the completion',
  about:
    'A guest that idles executes HLT; waking its vCPU takes an exit, a scheduler wake-up and an entry. cpuidle-haltpoll in the guest (up to 200 µs unless set), or kvm.halt_poll_ns on the host, let it wait awake for a while; a guest that polls switches the host’s polling off for itself. That trades CPU time for latency. The gain is the whole of the stage, of which some is the entry into the guest.',
  find(input) {
    const halted = countOf(input, hasPoint(input, 'kvm:halt'));
    const gain = gainOfStages(input, ['vcpu-wakeup']);
    if (gain === null || halted * 2 < input.breakdown.matched.length || gain.share < LEAST_SHARE)
      return undefined;
    const haltpoll = input.facts.notes?.some((note) => /\bdriver=haltpoll\b/.test(note)) ?? false;
    const host = settingOf(input, 'host', /\/kvm\/parameters\/halt_poll_ns$/);
    const hostText =
      host === undefined ? '' : `; the host polls for up to ${host.value} ns before it lets a vCPU sleep`;
    return {
      evidence: `the vCPU had halted in ${ofRequests(input, halted)}; resuming it took ${microseconds(gain.atMostNs)} a request${haltpoll ? '; cpuidle-haltpoll had given up by then' : hostText}`,
      gain,
      confidence: 'high',
      fix: `${haltpoll ? 'cpuidle-haltpoll is in use: a larger /sys/module/haltpoll/parameters/guest_halt_poll_ns (200,000 unless set) in the guest' : 'modprobe cpuidle_haltpoll force=1 in the guest, or a larger /sys/module/kvm/parameters/halt_poll_ns on the host'}; compare the CPU time it costs`,
    };
  },
});
