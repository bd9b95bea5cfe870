import { defineFinding } from './finding.ts';

export const iothreadNode = defineFinding({
  id: 'iothread-node',
  severity: 'warning',
  title: 'The vCPU and the thread that serves its disk run on different NUMA nodes',
  about:
    'Every wake-up and every cache line of the virtqueue crosses the interconnect, twice a request. The talk pins vCPUs, IOThread and interrupt to the drive’s node. Said only when each of the two stayed on one node for the whole recording.',
  find({ numa, correlated, facts }) {
    const vcpu = numa.actors.find(({ actor }) => actor === 'vCPU');
    const thread = numa.actors.find(({ actor }) => actor === 'back-end thread');
    if (vcpu?.node == null || thread?.node == null || vcpu.node === thread.node) return undefined;
    const drive = numa.actors.find(({ actor }) => actor === 'drive')?.node ?? null;
    const target = drive ?? vcpu.node;
    const tids = [...correlated.backend].join(',');
    const cpus = facts.hostNodes?.find(({ node }) => node === target)?.cpus ?? [];
    const driveText = drive === null ? 'the drive’s node is not known' : `the drive is on node ${drive}`;
    const crossings = numa.crossings
      .slice(0, 2)
      .map(({ stage, share }) => `${stage} crosses in ${Math.round(share * 100)} %`);
    return {
      evidence: `the vCPU ran on node ${vcpu.node}, the back-end thread (tid ${tids}) on node ${thread.node}, ${driveText}; ${(numa.hopsPerRequest ?? 0).toFixed(2)} hops a request; ${crossings.join(', ')}`,
      fix: `pin both to node ${target}: taskset -a -p -c ${ranges(cpus)} TID, or <iothreadpin> and <vcpupin> in the domain XML`,
    };
  },
});

/** "0-3,8" of ascending CPU numbers. */
function ranges(cpus: readonly number[]): string {
  const parts: string[] = [];
  for (let start = 0; start < cpus.length; ) {
    let end = start;
    while (end + 1 < cpus.length && cpus[end + 1] === cpus[end]! + 1) end++;
    parts.push(end === start ? `${cpus[start]}` : `${cpus[start]}-${cpus[end]}`);
    start = end + 1;
  }
  return parts.join(',');
}
