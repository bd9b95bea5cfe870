/** Which points are wanted of which disk; the machines are drawn. */
import { describe, expect, it } from 'vitest';
import { kindByName } from '../../../parsers/event-kinds.ts';
import type { BlockDevice } from '../../../src/capture/block-devices.ts';
import { chooseGuestDisk, readDisks } from '../../../src/capture/guest/guest-disks.ts';
import { guestPoints } from '../../../src/capture/guest/guest-points.ts';
import { hostPoints } from '../../../src/capture/guest/host-points.ts';
import { filterText } from '../../../src/capture/tracefs/filter-text.ts';
import { pointName, type WantedPoint } from '../../../src/capture/wanted-point.ts';
import type { Drive, GuestDisk } from '../../../src/discover/guest.ts';
import { IO_PATHS } from '../../../src/paths/index.ts';
import { pointById } from '../../../src/paths/points.ts';

const device = (name: string, minor: number, slaves: string[] = []): BlockDevice => ({
  name,
  major: 259,
  minor,
  partitions: [],
  slaves,
  driver: 'nvme',
  parent: 'nvme0',
});
const DEVICES = [device('nvme0n1', 0), device('nvme1n1', 1), device('dm-0', 7, ['nvme0n1', 'nvme1n1'])];

const DRIVE: Drive = {
  name: 'nvme0n1',
  number: '259:0',
  partition: '',
  pciAddress: '0000:21:00.0',
  driver: 'nvme',
  node: 0,
  interrupts: [
    { irq: 36, name: 'nvme0q0', cpus: '0' },
    { irq: 37, name: 'nvme0q1', cpus: '1' },
  ],
};

function disk(kind: GuestDisk['backend']['kind'], drive: Drive | null): GuestDisk {
  return {
    id: 'd0',
    device: kind === 'vfio' ? 'vfio-pci' : 'virtio-blk-pci',
    node: 'd0',
    backend: {
      kind,
      driver: '',
      formats: [],
      filename: '',
      aio: 'native',
      direct: true,
      pciAddress: '',
      socket: '',
    },
    iothreads: [],
    queues: 1,
    paths: [],
    summary: '',
    drive,
    daemon: null,
    completed: null,
  };
}

const names = (points: readonly WantedPoint[]) => points.map(pointName);
const filterOf = (points: readonly WantedPoint[], name: string) => {
  const point = points.find((each) => pointName(each) === name);
  return point?.kind === 'tracepoint' ? filterText(point.filter) : undefined;
};
const eventsOf = (points: readonly WantedPoint[]) =>
  points.flatMap((point) =>
    point.kind === 'tracepoint'
      ? point.names
      : point.kind === 'kprobe'
        ? point.functions.map(({ event, symbol }) => event ?? symbol)
        : [],
  );

const GUEST_DISK = { name: 'vda', major: 254, minor: 0, sectors: 8, parent: 'virtio1', driver: 'virtio_blk' };

describe('points on the host', () => {
  it('are filtered by drive and interrupt, never by whom they interrupt', () => {
    const points = hostPoints(disk('host-device', DRIVE), DEVICES);
    expect(filterOf(points, 'block:block_rq_issue')).toBe(`dev == ${259 * 2 ** 20}`);
    expect(filterOf(points, 'irq:irq_handler_entry')).toBe('irq == 36 || irq == 37');
    const inAnyContext = /block:|irq:|irqfd|eventfd_signal|aio_complete|io_complete|vfio|apic/;
    for (const point of points)
      expect([pointName(point), point.scope]).toEqual([
        pointName(point),
        inAnyContext.test(pointName(point)) ? 'machine' : 'tasks',
      ]);
  });

  it('of a disk made of others are those of the parts too', () => {
    const points = hostPoints(disk('file', { ...DRIVE, name: 'dm-0' }), DEVICES);
    const numbers = [7, 0, 1].map((minor) => `dev == ${259 * 2 ** 20 + minor}`);
    expect(filterOf(points, 'block:block_rq_issue')).toBe(numbers.join(' || '));
  });

  it('leave out what no request passes', () => {
    expect(names(hostPoints(disk('vfio', { ...DRIVE, name: '' }), DEVICES))).not.toContain(
      'kprobe:ioeventfd_write',
    );
    const fromUserSpace = names(hostPoints(disk('nvme-userspace', { ...DRIVE, name: '' }), DEVICES));
    expect(fromUserSpace).toContain('kprobe:vfio_msihandler');
    expect(fromUserSpace.filter((name) => /block_rq|io_submit|aio_complete/.test(name))).toEqual([]);
    expect(names(hostPoints(disk('host-device', DRIVE), DEVICES))).not.toContain('kprobe:vfio_msihandler');
  });

  it.each(['host-device', 'nvme-userspace', 'vfio'] as const)('of %s are all read by a parser', (kind) => {
    const drive = kind === 'host-device' ? DRIVE : { ...DRIVE, name: '' };
    expect(
      eventsOf(hostPoints(disk(kind, drive), DEVICES)).filter((event) => kindByName(event) === undefined),
    ).toEqual([]);
  });

  it('find every border of a virtio-blk request that the kernel can stamp', () => {
    const events = new Set(eventsOf(hostPoints(disk('host-device', DRIVE), DEVICES)));
    const path = IO_PATHS.find(({ name }) => name === 'virtio-blk-iothread')!;
    const borders = path.points
      .filter(({ point, detail }) => detail !== true && pointById(point).side === 'host')
      .map(({ point }) => point);
    const found = borders.filter((border) =>
      path.rules.some(({ point, events: any }) => point === border && any.some((event) => events.has(event))),
    );
    // What is left needs probes inside QEMU.
    expect(borders.filter((border) => !found.includes(border))).toEqual([
      'backend:pickup',
      'backend:block',
      'backend:reap',
      'backend:push',
    ]);
  });
});

describe('points in the guest', () => {
  it('are those of its disk and of its disk’s interrupts', () => {
    const points = guestPoints(GUEST_DISK);
    expect(filterOf(points, 'block:block_rq_issue')).toBe(`dev == ${254 * 2 ** 20}`);
    expect(filterOf(points, 'irq:irq_handler_entry')).toBe('name ~ "virtio1-*"');
    expect(names(points)).toContain('kprobe:vp_notify');
    expect(eventsOf(points).filter((event) => kindByName(event) === undefined)).toEqual([]);
  });

  it('of an NVMe drive follow its commands', () => {
    const points = guestPoints({ ...GUEST_DISK, name: 'nvme0n1', parent: 'nvme0', driver: 'nvme' });
    expect(filterOf(points, 'irq:irq_handler_entry')).toBe('name ~ "nvme0*"');
    expect(names(points)).toContain('nvme:nvme_setup_cmd');
    expect(names(points)).not.toContain('kprobe:vp_notify');
  });
});

describe('the disk in the guest', () => {
  const TEXT = `disk vda 254:0 524288 virtio1 virtio_blk
disk vdb 254:16 8 virtio2 virtio_blk
disk nvme0n1 259:0 8 nvme0 nvme
disk ../../etc 1:1 8 x y
disk vdc 1:1 8 virtio3 \u001b[2J
`;
  const disks = readDisks(TEXT);
  const ask = (more: Partial<Parameters<typeof chooseGuestDisk>[1]>) =>
    chooseGuestDisk(disks, { asked: undefined, driver: 'virtio_blk', workload: [], ...more }).disk.name;

  it('is read from lines of that form alone', () => {
    expect(disks.map(({ name }) => name)).toEqual(['vda', 'vdb', 'nvme0n1']);
  });

  it('is the one asked for, the one the workload names, or the only one of its driver', () => {
    expect(ask({ asked: '/dev/vdb' })).toBe('vdb');
    expect(ask({ workload: ['fio', '--filename=/dev/vdb', '--name=x'] })).toBe('vdb');
    expect(ask({ driver: 'nvme' })).toBe('nvme0n1');
  });

  it('is never guessed', () => {
    expect(() => ask({})).toThrow(expect.objectContaining({ code: 'guest-disk-not-told', exitCode: 2 }));
    expect(() => ask({ asked: 'vdz' })).toThrow(/'vdz'; it has: vda \(virtio_blk\)/);
  });
});
