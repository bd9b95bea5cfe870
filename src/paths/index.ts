import { bareMetalNvme, bareMetalNvmeIopoll, localBlockDevice } from './bare-metal-nvme.ts';
import { virtioHostOnly } from './host-only.ts';
import type { IoPath } from './io-path.ts';
import { vfioPciNvme, vfioPciNvmeHaltpoll, vfioPciNvmeIopoll } from './vfio-pci-nvme.ts';
import { vhostUserBlkQsd, vhostUserBlkQsdNvme } from './vhost-user-blk.ts';
import { vhostUserBlkSpdk, vhostUserBlkSpdkAio } from './vhost-user-blk-spdk.ts';
import { virtioBlkIopoll } from './virtio-blk-iopoll.ts';
import {
  virtioBlkIothread,
  virtioBlkIothreadMultiqueue,
  virtioBlkIothreadPolling,
  virtioBlkMainLoop,
} from './virtio-blk-iothread.ts';
import {
  virtioBlkUserspaceNvme,
  virtioBlkUserspaceNvmeFastpath,
  virtioBlkUserspaceNvmePollqueue,
} from './virtio-blk-userspace-nvme.ts';

/** Every path iotrace knows, in the order in which the talk builds them up. */
export const IO_PATHS: readonly IoPath[] = [
  localBlockDevice,
  bareMetalNvme,
  bareMetalNvmeIopoll,
  vfioPciNvme,
  vfioPciNvmeHaltpoll,
  vfioPciNvmeIopoll,
  virtioBlkMainLoop,
  virtioBlkIothread,
  virtioBlkIothreadMultiqueue,
  virtioBlkIothreadPolling,
  virtioBlkUserspaceNvme,
  virtioBlkUserspaceNvmePollqueue,
  virtioBlkUserspaceNvmeFastpath,
  virtioBlkIopoll,
  virtioHostOnly,
  vhostUserBlkQsd,
  vhostUserBlkQsdNvme,
  vhostUserBlkSpdk,
  vhostUserBlkSpdkAio,
];

/** The path of a name, or undefined. */
export function pathByName(name: string): IoPath | undefined {
  return IO_PATHS.find((path) => path.name === name);
}
