import { nodeOfActor } from './evidence.ts';
import { defineFinding } from './finding.ts';

/** Share of the pages that has to be elsewhere. */
const MOST = 0.5;

export const memoryNode = defineFinding({
  id: 'memory-node',
  severity: 'warning',
  title: 'Most of the guest’s memory is on another NUMA node than its vCPU',
  about:
    'Virtqueue, buffers and everything the guest computes with are read across the interconnect. /proc/PID/numa_maps counts the pages of the whole QEMU process, of which guest RAM is nearly all; it says nothing of when they are used. Memory follows the CPU that touches it first: pin before the guest starts, or bind it.',
  find(input) {
    const vcpu = nodeOfActor(input, 'vCPU');
    const pages = input.facts.memoryPagesByNode;
    if (vcpu === undefined || pages === undefined) return undefined;
    const all = pages.reduce((sum, each) => sum + each.pages, 0);
    const away = pages.reduce((sum, each) => sum + (each.node === vcpu ? 0 : each.pages), 0);
    if (all === 0 || away < all * MOST) return undefined;
    return {
      evidence: `${away} of ${all} pages of QEMU (${Math.round((away / all) * 100)} %) are on other nodes than node ${vcpu}, where the vCPU ran`,
      gain: null,
      confidence: 'high',
      fix: `run the vCPU where its memory is, or move the memory: migratepages PID ${pages
        .filter(({ node, pages: own }) => node !== vcpu && own > 0)
        .map(({ node }) => node)
        .join(
          ',',
        )} ${vcpu} for now; <numatune><memory mode='strict' nodeset='${vcpu}'/> in the domain XML for the next start`,
    };
  },
});
