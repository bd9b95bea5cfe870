import { cpusOfNode, isAssigned, nodeOfActor, targetNode } from './evidence.ts';
import { defineFinding } from './finding.ts';

/** Share of the pages that has to be elsewhere. */
const MOST = 0.5;

export const memoryNode = defineFinding({
  id: 'memory-node',
  severity: 'warning',
  title: 'Most of the guest’s memory is on another node than vCPU or drive',
  about:
    'Virtqueue, buffers and everything the guest computes with are read across the interconnect. /proc/PID/numa_maps counts the pages of the whole QEMU process, of which guest RAM is nearly all; it says nothing of when they are used. Memory follows the CPU that touches it first: pin before the guest starts, or bind it. Memory of an assigned drive’s guest is held in place for the device’s DMA and cannot be moved while it runs.',
  find(input) {
    const vcpu = nodeOfActor(input, 'vCPU');
    const drive = nodeOfActor(input, 'drive');
    const from = vcpu ?? drive;
    const pages = input.facts.memoryPagesByNode;
    if (from === undefined || pages === undefined) return undefined;
    const all = pages.reduce((sum, each) => sum + each.pages, 0);
    const away = pages.reduce((sum, each) => sum + (each.node === from ? 0 : each.pages), 0);
    if (all === 0 || away < all * MOST) return undefined;
    const target = targetNode(input) ?? from;
    const others = pages.filter(({ node, pages: own }) => node !== target && own > 0).map(({ node }) => node);
    const move = isAssigned(input)
      ? 'the memory cannot be moved while a device may write to it'
      : `move the memory: migratepages PID ${others.join(',')} ${target} for now`;
    const bind = `<numatune><memory mode='strict' nodeset='${target}'/></numatune> in the domain XML keeps it there from the next start on`;
    return {
      evidence: `${away} of ${all} pages of QEMU (${Math.round((away / all) * 100)} %) are on other nodes than node ${from}, ${vcpu === undefined ? 'where the drive is' : 'where the vCPU ran'}`,
      gain: null,
      confidence: 'high',
      fix:
        vcpu === undefined || vcpu === target
          ? `${move}; ${bind}`
          : `run the vCPU on node ${target}: taskset -p -c ${cpusOfNode(input, target)} TID for its thread, or <vcpupin> in the domain XML; ${drive === target ? `${move}; ` : ''}${bind}`,
    };
  },
});
