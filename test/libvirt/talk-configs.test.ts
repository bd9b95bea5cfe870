import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeDomain } from '../../src/libvirt/describe.ts';
import { readDomain } from '../../src/libvirt/domain.ts';
import { normalised, readXml } from '../../src/libvirt/read-xml.ts';

const FOLDER = new URL('../fixtures/talk-configs/', import.meta.url);

const textOf = (name: string) => normalised(readFileSync(new URL(`${name}.xml`, FOLDER), 'utf8'));
const linesOf = (name: string) => describeDomain(readDomain(readXml(textOf(name))));

/** What all twelve have. */
const COMMON = [
  'domain test: 4 vCPUs within CPUs 0,2,4,6',
  'vCPUs: 0 on 0, 1 on 2, 2 on 4, 3 on 6',
  'emulator threads: on 8',
  'IOThreads: 4, 1 on 10',
  'memory: strict on node 0',
];

const FILE = 'disk vdb (virtio): /dev/nvme0n1, io=native, cache=none';
const NVME = 'QEMU’s own arguments): nvme, 0000:5e:00.0, iothread1, 4 queues, packed ring';
const VFIO = 'assigned to the guest: PCI 0000:5e:00.0';
const OFFERED = 'haltpoll: by the name of the emulator, qemu-kvm-poll-control-wrapper';
const ALL_POLLING = 'haltpoll: by the name of the emulator, qemu-kvm-full-polling-wrapper';
const NOT_OFFERED = 'haltpoll: not offered by the XML';

/** By configuration: the line of its disk, and the one of haltpoll. */
const DISKS: Record<string, readonly [disk: string, haltpoll: string]> = {
  'baremetal-polling-cpu2': [VFIO, OFFERED],
  'file-iothread-nopolling-haltpoll': [`${FILE}, IOThread 1, queues not stated, split ring`, OFFERED],
  'file-iothread-nopolling-haltpoll-multiqueue': [`${FILE}, IOThread 1, 4 queues, split ring`, OFFERED],
  'file-noiothread-nopolling-haltpoll': [`${FILE}, main loop, queues not stated, split ring`, OFFERED],
  'nvme-iothread-nopolling-haltpoll-multiqueue': [NVME, OFFERED],
  'nvme-iothread-polling-haltpoll-multiqueue': [NVME, OFFERED],
  'nvme-iothread-polling-haltpoll-multiqueue-fastpath': [NVME, ALL_POLLING],
  'nvme-iothread-polling-haltpoll-multiqueue-pollqueue': [NVME, ALL_POLLING],
  'vfio-nopolling-haltpoll': [VFIO, OFFERED],
  'vfio-nopolling-nohaltpoll': [VFIO, NOT_OFFERED],
  'vfio-polling-haltpoll': [VFIO, OFFERED],
  'vfio-polling-nohaltpoll': [VFIO, NOT_OFFERED],
};

const configurations = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.xml'))
  .map((name) => name.replace('.xml', ''));

describe('the talk author’s configurations', () => {
  it('are the twelve', () => {
    expect(configurations.toSorted()).toEqual(Object.keys(DISKS).toSorted());
  });

  it.each(configurations)('%s: pins, memory, disk and haltpoll are read as written', (name) => {
    const lines = linesOf(name);
    expect(lines.slice(0, COMMON.length)).toEqual(COMMON);
    const [disk, haltpoll] = DISKS[name]!;
    expect(lines.filter((line) => line.includes(disk))).toHaveLength(1);
    expect(lines.at(-1)).toContain(haltpoll);
    // What stands in a comment is not asked for: each traces one drive by one way.
    const ways = lines.filter((line) => /nvme0n1|QEMU’s own arguments|assigned to the guest/.test(line));
    expect(ways).toHaveLength(1);
  });
});
