/** The guest's own NUMA nodes, by the command lines libvirt and people write; where vCPUs ran is drawn. */
import { describe, expect, it } from 'vitest';
import { virtualNodes } from '../../src/stats/virtual-nodes.ts';
import type { RecordingFacts } from '../../src/trace/recording.ts';
import { followDiagram } from '../support/follow-diagram.ts';

/** Two vCPUs: the first enters the guest on CPU 0, the second on CPUs 2 and 3. */
const DRAWING = `
disk guest 254:0 host 259:0
lane app  guest cpu0 fio-142
lane v0   host  cpu0 "CPU 0/KVM"-912/900 vcpu0
lane v1   host  cpu2 "CPU 1/KVM"-913/900 vcpu1
lane v1b  host  cpu3 "CPU 1/KVM"-913/900 vcpu1
request A read 800+8

 µs | app                 | v0        | v1        | v1b
  0 | sys_enter_pread64 3 | kvm_entry | kvm_entry |
  1 | block_rq_issue A    |           |           | kvm_entry
  9 | block_rq_complete A |           |           |
 10 | sys_exit_pread64 1  | kvm_entry |           |
`;

const HOST = [
  { node: 0, cpus: [0, 1] },
  { node: 1, cpus: [2, 3] },
];

function nodes(commandLine: string, facts: RecordingFacts = { hostNodes: HOST }) {
  const { correlated } = followDiagram(DRAWING, { path: 'virtio-blk-iothread' });
  return virtualNodes(correlated, { ...facts, qemuCommandLine: `qemu-system-x86_64 ${commandLine}` });
}

/** As libvirt writes it: JSON that /proc/PID/cmdline's reader has quoted. */
const LIBVIRT = [
  `-object '{"qom-type":"memory-backend-ram","id":"ram-node0","size":1073741824,"host-nodes":[0],"policy":"bind"}'`,
  '-numa node,nodeid=0,cpus=0,memdev=ram-node0',
  `-object '{"qom-type":"memory-backend-ram","id":"ram-node1","size":1073741824,"host-nodes":[0,1],"policy":"interleave"}'`,
  '-numa node,nodeid=1,cpus=1,cpus=3-4,memdev=ram-node1',
].join(' ');

describe('the guest’s own nodes', () => {
  it('have their vCPUs, their memory’s host nodes and where their vCPUs ran', () => {
    expect(nodes(LIBVIRT)).toEqual([
      { node: 0, vcpus: [0], hostNodes: [0], policy: 'bind', ranOn: [0] },
      { node: 1, vcpus: [1, 3, 4], hostNodes: [0, 1], policy: 'interleave', ranOn: [1] },
    ]);
  });

  it('are one where nothing is asked for, with every vCPU that was seen; libvirt binds it by -machine', () => {
    expect(nodes('-smp 2')).toEqual([
      { node: 0, vcpus: [0, 1], hostNodes: null, policy: null, ranOn: [0, 1] },
    ]);
    const bound =
      '-machine q35,memory-backend=pc.ram -object memory-backend-memfd,id=pc.ram,size=1G,host-nodes=1,policy=bind';
    expect(nodes(bound)).toMatchObject([{ hostNodes: [1], policy: 'bind' }]);
  });

  it('stay unknown where nothing says: vCPUs without a list, memory without a binding, CPUs without nodes', () => {
    const two =
      '-numa node,nodeid=0,memdev=a -numa node,nodeid=1,mem=512M -object memory-backend-ram,id=a,size=1G';
    expect(nodes(two)).toEqual([
      { node: 0, vcpus: null, hostNodes: null, policy: null, ranOn: null },
      { node: 1, vcpus: null, hostNodes: null, policy: null, ranOn: null },
    ]);
    expect(nodes('-smp 2', {})).toMatchObject([{ vcpus: [0, 1], ranOn: null }]);
    // the guest's own word for it
    const guestNodes = [
      { node: 0, cpus: [1] },
      { node: 1, cpus: [0] },
    ];
    expect(nodes(two, { hostNodes: HOST, guestNodes })).toMatchObject([
      { node: 0, vcpus: [1], ranOn: [1] },
      { node: 1, vcpus: [0], ranOn: [0] },
    ]);
  });

  it('take no list of a hostile command line for more than it may be', () => {
    const [huge] = nodes(
      '-numa node,nodeid=0,cpus=0-9999,memdev=m -object memory-backend-ram,id=m,host-nodes=x',
    );
    expect(huge!.vcpus!.length).toBeLessThanOrEqual(4097);
    expect(huge!.hostNodes).toBeNull();
  });
});
