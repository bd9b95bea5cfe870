import { NO_ROW } from '../trace/units.ts';
import { defineFinding, meanPerRequest, microseconds } from './finding.ts';

/** Below this share of the total the wake-up is not what to work on. */
const LEAST_SHARE = 0.1;

export const vcpuHalts = defineFinding({
  id: 'vcpu-halts',
  severity: 'info',
  title: 'The vCPU halts while it waits, and is woken for the completion',
  about:
    'A guest that idles executes HLT; waking its vCPU takes an exit, a scheduler wake-up and an entry. cpuidle-haltpoll in the guest, or kvm.halt_poll_ns on the host, let it wait awake for a while. That trades CPU time for latency.',
  find(input) {
    const { correlated, breakdown } = input;
    const halts = correlated.followed.rows.get('kvm:halt');
    if (halts === undefined || breakdown.total === undefined) return undefined;
    const halted = breakdown.matched.filter((request) => halts[request] !== NO_ROW).length;
    const wakeup = meanPerRequest(input, 'vcpu-wakeup');
    const share = wakeup / breakdown.total.meanNs;
    if (halted * 2 < breakdown.matched.length || share < LEAST_SHARE) return undefined;
    return {
      evidence: `the vCPU had halted in ${halted} of ${breakdown.matched.length} requests; resuming it took ${microseconds(wakeup)} a request, ${Math.round(share * 100)} % of the total`,
      fix: 'modprobe cpuidle_haltpoll force=1 in the guest, or a larger /sys/module/kvm/parameters/halt_poll_ns on the host; compare the CPU time it costs',
    };
  },
});
