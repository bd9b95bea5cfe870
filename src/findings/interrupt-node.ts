import { cpusOfNode, isAssigned, nodeOfActor } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

/** Who takes over from the interrupt, and the stages between the two. */
const TAKERS = [
  { actor: 'back-end thread', stages: ['complete-notify', 'iothread-complete-wakeup', 'poll-complete'] },
  { actor: 'vCPU', stages: ['used-notify', 'irq-inject', 'vcpu-wakeup'] },
  { actor: 'application', stages: ['app-wakeup'] },
] as const;

export const interruptNode = defineFinding({
  id: 'interrupt-node',
  severity: 'warning',
  title: 'The drive’s interrupt is handled on another NUMA node than what it wakes',
  about:
    'The handler completes the request on one node and wakes a thread (with VFIO the vCPU) on another: the wake-up and the completed request cross the interconnect. The nvme driver’s interrupts are managed: each queue interrupts a CPU of those that submit to it, and the kernel refuses another affinity; with fewer queues than CPUs that can be one of another node. The interrupts of an assigned drive (vfio-msi) go where they are told to, by hand or by irqbalance. Said only when both stayed on one node.',
  find(input) {
    const irq = nodeOfActor(input, 'drive interrupt');
    const known = new Set(input.numa.actors.map(({ actor }) => actor));
    const taker = TAKERS.find(({ actor }) => known.has(actor));
    const node = taker === undefined ? undefined : nodeOfActor(input, taker.actor);
    if (irq === undefined || taker === undefined || node === undefined || node === irq) return undefined;
    return {
      evidence: `the interrupt was handled on node ${irq}, the ${taker.actor} it wakes ran on node ${node}; ${(input.numa.hopsPerRequest ?? 0).toFixed(2)} hops a request`,
      gain: gainOfStages(input, taker.stages),
      confidence: 'medium',
      fix: isAssigned(input)
        ? `echo ${cpusOfNode(input, node)} > /proc/irq/N/smp_affinity_list moves the interrupt of vfio-msi (/proc/interrupts says which N), pinning moves the ${taker.actor}`
        : `pin the thread that submits to a CPU whose queue interrupts on node ${node}: /sys/block/DEV/mq/N/cpu_list and /proc/irq/N/effective_affinity_list tell; the interrupt itself is managed by the nvme driver and cannot be moved`,
    };
  },
});
