import { cpusOfNode, nodeOfActor } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

const ACTORS = ['vCPU', 'back-end thread', 'drive interrupt', 'application'] as const;

export const driveNode = defineFinding({
  id: 'drive-node',
  severity: 'warning',
  title: 'Threads of the request run on another NUMA node than the drive',
  about:
    'Doorbells, completion entries and data of a drive on another socket cross the interconnect in both directions. Said of those that stayed on one node for the whole recording, and only when the firmware says which node the drive is on.',
  find(input) {
    const drive = nodeOfActor(input, 'drive');
    if (drive === undefined) return undefined;
    const away = ACTORS.filter((actor) => (nodeOfActor(input, actor) ?? drive) !== drive);
    if (away.length === 0) return undefined;
    const where = away.map((actor) => `${actor} on node ${nodeOfActor(input, actor)}`);
    return {
      evidence: `the drive is on node ${drive}: ${where.join(', ')}; ${(input.numa.hopsPerRequest ?? 0).toFixed(2)} hops a request between CPUs`,
      gain: gainOfStages(input, ['device', 'host-submit', 'nvme-submit', 'bdev-submit', 'host-irq']),
      confidence: 'medium',
      fix: `run them on CPUs ${cpusOfNode(input, drive)} of node ${drive}: taskset -p -c for threads, /proc/irq/N/smp_affinity_list for the interrupt, cputune in the domain XML`,
    };
  },
});
