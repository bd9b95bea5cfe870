import { cpusOfNode, nodeOfActor, targetNode } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

export const iothreadNode = defineFinding({
  id: 'iothread-node',
  severity: 'warning',
  title: 'The vCPU and the thread that serves its disk run on different NUMA nodes',
  about:
    'Every wake-up and every cache line of the virtqueue crosses the interconnect, twice a request. The talk pins vCPUs, IOThread and interrupt to the drive’s node. Said only when each of the two stayed on one node for the whole recording. The gain is bounded by the stages that cross; how much of them the distance costs only a second recording tells.',
  find(input) {
    const { numa, correlated } = input;
    const vcpu = nodeOfActor(input, 'vCPU');
    const thread = nodeOfActor(input, 'back-end thread');
    if (vcpu === undefined || thread === undefined || vcpu === thread) return undefined;
    const drive = nodeOfActor(input, 'drive');
    const target = targetNode(input) ?? vcpu;
    const tids = [...correlated.backend].join(',');
    const away = [
      ...(vcpu === target ? [] : [`each vCPU thread ${[...correlated.vcpuThreads.values()].join(',')}`]),
      ...(thread === target ? [] : [`the back-end thread ${tids}`]),
    ];
    const driveText = drive === undefined ? 'the drive’s node is not known' : `the drive is on node ${drive}`;
    const crossings = numa.crossings
      .slice(0, 2)
      .map(({ stage, share }) => `${stage} crosses in ${Math.round(share * 100)} %`);
    return {
      evidence: `the vCPU ran on node ${vcpu}, the back-end thread (tid ${tids}) on node ${thread}, ${driveText}; ${(numa.hopsPerRequest ?? 0).toFixed(2)} hops a request; ${crossings.join(', ')}`,
      gain: gainOfStages(
        input,
        numa.crossings.map(({ stage }) => stage).flatMap((id) => id.split('+')),
      ),
      confidence: drive === undefined ? 'medium' : 'high',
      fix: `pin both to node ${target}: taskset -p -c ${cpusOfNode(input, target)} TID for ${away.join(' and ')}, or <iothreadpin> and <vcpupin> in the domain XML`,
    };
  },
});
