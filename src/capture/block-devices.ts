/** Disks as sysfs shows them (Documentation/ABI/stable/sysfs-block). */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface BlockDevice {
  /** Name of the kernel: `vda`, `nvme0n1`. */
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  readonly partitions: readonly Partition[];
  /** What it is made of, for a device mapper or RAID device. */
  readonly slaves: readonly string[];
  /** Driver of the device it belongs to, '' for one without hardware (loop, zram). */
  readonly driver: string;
  /** Name of the device it belongs to: `virtio1`, `nvme0`. */
  readonly parent: string;
}

export interface Partition {
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  /** Its first sector on the disk, in 512 bytes. */
  readonly start: number;
}

/** Every block device, by name; `sys` is the mount point of sysfs. */
export async function listBlockDevices(sys = '/sys'): Promise<BlockDevice[]> {
  const names = await readdir(join(sys, 'block')).catch(() => []);
  const devices = await Promise.all(names.sort().map((name) => readDevice(sys, name)));
  return devices.filter((device) => device !== undefined);
}

/** The device with this number, or the disk whose partition has it. */
export function deviceByNumber(
  devices: readonly BlockDevice[],
  major: number,
  minor: number,
): { readonly disk: BlockDevice; readonly partition?: Partition | undefined } | undefined {
  const has = (each: { major: number; minor: number }) => each.major === major && each.minor === minor;
  for (const disk of devices) {
    if (has(disk)) return { disk };
    const partition = disk.partitions.find(has);
    if (partition !== undefined) return { disk, partition };
  }
  return undefined;
}

/** Requests the disk has completed since the machine was started, from /sys/block/NAME/stat: reads and writes. */
export async function completedRequests(disk: string, sys = '/sys'): Promise<number> {
  const fields = (await readFile(join(sys, 'block', disk, 'stat'), 'utf8')).trim().split(/\s+/);
  return Number(fields[0]) + Number(fields[4]);
}

async function readDevice(sys: string, name: string): Promise<BlockDevice | undefined> {
  const folder = join(sys, 'block', name);
  const number = await readNumber(folder);
  // A disk can go away while it is looked at.
  if (number === undefined) return undefined;
  const parent = await realpath(join(folder, 'device')).catch(() => '');
  return {
    name,
    ...number,
    partitions: await readPartitions(folder, name),
    slaves: await readdir(join(folder, 'slaves')).catch(() => []),
    driver: await driverOf(parent),
    parent: basename(parent),
  };
}

async function readPartitions(folder: string, disk: string): Promise<Partition[]> {
  const found: Partition[] = [];
  for (const name of (await readdir(folder)).filter((entry) => entry.startsWith(disk))) {
    const number = await readNumber(join(folder, name));
    const start = await readFile(join(folder, name, 'start'), 'utf8').catch(() => undefined);
    if (number !== undefined && start !== undefined) found.push({ name, ...number, start: Number(start) });
  }
  return found;
}

/** The driver of a device or of what it is a part of: an NVMe controller, `PCI-ADDRESS/nvme/nvme0`, has it two levels up. */
async function driverOf(device: string): Promise<string> {
  for (let folder = device, level = 0; folder.length > 1 && level < 3; folder = dirname(folder), level++) {
    const driver = await readlink(join(folder, 'driver')).catch(() => undefined);
    if (driver !== undefined) return basename(driver);
  }
  return '';
}

async function readNumber(folder: string): Promise<{ major: number; minor: number } | undefined> {
  const text = await readFile(join(folder, 'dev'), 'utf8').catch(() => '');
  const match = /^(\d{1,9}):(\d{1,9})\s*$/.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}
