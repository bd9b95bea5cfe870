/** From a disk's configuration to the I/O paths its requests can take, and to words. */
import type { ConfiguredDisk, DiskBackend } from '../../parsers/facts/qemu-disks.ts';
import type { Daemon, Drive } from './guest.ts';

/** What is known of a disk when its path is named. */
export interface DiskSetup extends Pick<ConfiguredDisk, 'device' | 'iothreads' | 'backend'> {
  readonly queues: number | null;
  readonly drive: Drive | null;
  readonly daemon: Daemon | null;
}

/**
 * Names of paths of `src/paths/`, the configured one first. Whether an IOThread or the guest polls is not in the
 * configuration alone, so those variants are candidates. Empty for disks that no path is about (IDE, SCSI, nbd).
 */
export function candidatePaths({ device, backend, iothreads, queues, daemon }: DiskSetup): string[] {
  if (backend.kind === 'vfio') return ['vfio-pci-nvme', 'vfio-pci-nvme-haltpoll', 'vfio-pci-nvme-iopoll'];
  if (backend.kind === 'vhost-user') return daemonPaths(daemon);
  if (!device.startsWith('virtio-blk')) return [];
  if (backend.kind === 'nvme-userspace')
    return [
      'virtio-blk-userspace-nvme',
      'virtio-blk-userspace-nvme-pollqueue',
      'virtio-blk-userspace-nvme-fastpath',
    ];
  if (backend.kind === 'other') return [];
  if (iothreads.length === 0) return ['virtio-blk-main-loop', 'virtio-blk-iopoll'];
  const usual = ['virtio-blk-iothread', 'virtio-blk-iothread-polling'];
  const many = (queues ?? 1) > 1 ? ['virtio-blk-iothread-multiqueue'] : [];
  return [
    ...many,
    ...usual,
    ...(many.length > 0 ? [] : ['virtio-blk-iothread-multiqueue']),
    'virtio-blk-iopoll',
  ];
}

function daemonPaths(daemon: Daemon | null): string[] {
  const qsd = ['vhost-user-blk-qsd', 'vhost-user-blk-qsd-nvme'];
  const spdk = ['vhost-user-blk-spdk', 'vhost-user-blk-spdk-aio'];
  if (daemon === null) return [...qsd, ...spdk];
  if (daemon.program !== 'qemu-storage-daemon') return spdk;
  return daemon.backend?.kind === 'nvme-userspace' ? qsd.toReversed() : qsd;
}

/** 'virtio-blk, IOThread io0, linux-aio on /dev/nvme0n1'. Foreign text is not made harmless here. */
export function describeDisk(setup: DiskSetup): string {
  const { device, backend, daemon, drive } = setup;
  const kind = device.replace(/-(?:pci|device|ccw)(?:-.*)?$/, '');
  if (backend.kind === 'vfio')
    return `assigned PCI device ${backend.pciAddress}, driver ${drive?.driver || 'not known'}`;
  if (backend.kind === 'vhost-user') {
    const who = daemon === null ? 'daemon not found' : `${daemon.program} (pid ${daemon.pid})`;
    return [kind, who, ...(daemon?.backend ? [describeBackend(daemon.backend, null)] : [])].join(', ');
  }
  return [kind, threadsOf(setup), describeBackend(backend, drive)].filter((part) => part !== '').join(', ');
}

function threadsOf({ device, iothreads }: DiskSetup): string {
  if (iothreads.length === 1) return `IOThread ${iothreads[0]}`;
  if (iothreads.length > 1) return `IOThreads ${iothreads.join(' ')}`;
  return device.startsWith('virtio-') ? 'main loop' : '';
}

const AIO: Readonly<Record<string, string>> = {
  native: 'linux-aio',
  io_uring: 'io_uring',
  threads: 'thread pool',
  unknown: 'engine not known',
  '': 'thread pool',
};

function describeBackend(backend: DiskBackend, drive: Drive | null): string {
  const formats = backend.formats.map((format) => `${format} in `).join('');
  if (backend.kind === 'nvme-userspace') return `${formats}QEMU’s NVMe driver on ${backend.pciAddress}`;
  if (backend.kind === 'other')
    return `${formats}${backend.driver === '' ? 'backend not on the command line' : backend.driver}`;
  const engine = AIO[backend.aio] ?? backend.aio;
  const cached = !backend.direct ? ' through the page cache' : '';
  const where =
    backend.kind === 'file' && drive !== null && drive.name !== '' ? ` (file on ${drive.name})` : '';
  return `${formats}${engine}${cached} on ${backend.filename}${where}`;
}
