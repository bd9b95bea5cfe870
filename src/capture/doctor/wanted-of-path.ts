/** What a recording of a path asks of host and guest. */
import type { GuestDisk } from '../../discover/guest.ts';
import type { IoPath } from '../../paths/io-path.ts';
import type { BlockDevice } from '../block-devices.ts';
import { diskPoints } from '../disk-points.ts';
import { guestPoints } from '../guest/guest-points.ts';
import { hostPoints } from '../guest/host-points.ts';
import type { WantedPoint } from '../wanted-point.ts';

/** The points `record` asks for. `local`: a disk of this machine, for paths without a guest and where no guest is named. */
export function wantedOf(
  path: IoPath,
  guestDisk: GuestDisk | undefined,
  local: BlockDevice | undefined,
  devices: readonly BlockDevice[],
): { host: WantedPoint[]; guest: WantedPoint[] } {
  const names: readonly string[] = path.points.map(({ point }) => point);
  const hasKvm = names.some((point) => point.startsWith('kvm:'));
  if (path.app === 'host' && !hasKvm)
    return { host: local === undefined ? [] : diskPoints(local, []), guest: [] };
  const isAssigned = !names.some((point) => point.startsWith('backend:'));
  const disk = guestDisk ?? drawnDisk(isAssigned, names.includes('host:issue') ? local : undefined);
  return {
    host: hostPoints(disk, devices).filter((point) => canHappen(point, disk)),
    guest: path.app === 'host' ? [] : guestPoints(insideOf(isAssigned)),
  };
}

/** `record` asks for what completes requests in any way, but of a disk that has another engine than io_uring it never does. */
function canHappen(point: WantedPoint, { backend }: GuestDisk): boolean {
  const isOfRing = point.kind === 'tracepoint' && point.names.includes('io_uring_complete');
  return !(isOfRing && (backend.aio === 'native' || backend.aio === 'threads'));
}

/** Which events are wanted inside depends on the driver alone. */
function insideOf(isAssigned: boolean) {
  const driver = isAssigned ? 'nvme' : 'virtio_blk';
  return { name: '', major: 0, minor: 0, sectors: 0, parent: isAssigned ? 'nvme0' : 'virtio0', driver };
}

/** A disk such as the path has, where no guest is named: for what is asked of the kernel, not for what is filtered. */
function drawnDisk(isAssigned: boolean, local: BlockDevice | undefined): GuestDisk {
  return {
    id: '',
    device: '',
    node: '',
    backend: {
      kind: isAssigned ? 'vfio' : 'host-device',
      driver: '',
      formats: [],
      filename: '',
      aio: '',
      direct: true,
      pciAddress: '',
      socket: '',
    },
    iothreads: [],
    queues: null,
    paths: [],
    summary: '',
    drive:
      local === undefined
        ? null
        : {
            name: local.name,
            number: '',
            partition: '',
            pciAddress: '',
            driver: local.driver,
            node: null,
            interrupts: [],
          },
    daemon: null,
    completed: null,
  };
}
