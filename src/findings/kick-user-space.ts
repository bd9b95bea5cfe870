import { firstNotBefore } from '../trace/occurrences.ts';
import { countOf, hasPoint, hostSide, ofRequests, spanOfRequest } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

export const kickUserSpace = defineFinding({
  id: 'kick-user-space',
  severity: 'warning',
  title: 'The kick leaves the kernel: QEMU’s vCPU thread handles the doorbell',
  about:
    'With an ioeventfd KVM signals the back-end and the vCPU goes on. Without one (ioeventfd=off, or a transport that has none) the vCPU thread returns to QEMU’s user space and handles the virtqueue there, under the big lock, while the guest stands still.',
  find(input) {
    const host = hostSide(input);
    const { correlated } = input;
    if (correlated.host === undefined || host === undefined) return undefined;
    const { tid } = host.occurrences.of('kvm_userspace_exit');
    const times = host.timesOf('kvm_userspace_exit');
    if (times.length === 0) return undefined;
    const vcpus = new Set(correlated.vcpuThreads.values());
    const signalled = hasPoint(input, 'kvm:ioeventfd');
    const left = (request: number) => {
      const [from, to] = spanOfRequest(input, request);
      for (let at = firstNotBefore(times, from); at < times.length && times[at]! <= to; at++) {
        if (vcpus.has(tid[at]!)) return !signalled(request);
      }
      return false;
    };
    const count = countOf(input, left);
    if (count * 2 < input.breakdown.matched.length || count === 0) return undefined;
    return {
      evidence: `in ${ofRequests(input, count)} the vCPU left to user space and no ioeventfd was signalled`,
      gain: gainOfStages(input, ['guest-kick', 'kick-exit', 'iothread-wakeup']),
      confidence: 'medium',
      fix: "ioeventfd=on (the default) on the virtio-blk device, and an IOThread; in the domain XML ioeventfd='on' on the <driver>",
    };
  },
});
