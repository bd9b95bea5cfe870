import { cpusOfNode, isAssigned, memoryNode, nodeOfActor } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

const ACTORS = ['vCPU', 'back-end thread', 'drive interrupt', 'application'] as const;
/** Memory counts as being on a node when this share of its pages is. */
const MOST = 0.5;

export const driveNode = defineFinding({
  id: 'drive-node',
  severity: 'warning',
  title: 'Threads of the request run on another NUMA node than the drive',
  about:
    'Doorbells, completion entries and data of a drive on another socket cross the interconnect in both directions. Said of threads and interrupts that stayed on one node for the whole recording, and only when the firmware says which node the drive is on; memory-node speaks of the guest’s memory. The gain is all of the stages that touch the drive; how much of it the distance costs only a recording with everything on one node tells.',
  find(input) {
    const drive = nodeOfActor(input, 'drive');
    if (drive === undefined) return undefined;
    const away = ACTORS.filter((actor) => (nodeOfActor(input, actor) ?? drive) !== drive).map(
      (actor) => `${actor} on node ${nodeOfActor(input, actor)}`,
    );
    if (away.length === 0) return undefined;
    const memory = memoryNode(input);
    if (memory !== undefined && memory.node !== drive && memory.share > MOST)
      away.push(`${Math.round(memory.share * 100)} % of QEMU’s memory on node ${memory.node}`);
    return {
      evidence: `the drive is on node ${drive}: ${away.join(', ')}; ${(input.numa.hopsPerRequest ?? 0).toFixed(2)} hops a request between CPUs`,
      gain: gainOfStages(input, ['device', 'host-submit', 'nvme-submit', 'bdev-submit', 'host-irq']),
      confidence: 'medium',
      fix: `run them on CPUs ${cpusOfNode(input, drive)} of node ${drive}: taskset -p -c for threads; ${isAssigned(input) ? '/proc/irq/N/smp_affinity_list for the interrupt of vfio-msi' : 'the drive’s interrupt follows the CPU that submits'}; <vcpupin>, <iothreadpin>, <emulatorpin> and <numatune> in the domain XML (iotrace tune writes them)`,
    };
  },
});
