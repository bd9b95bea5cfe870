/** The host's hardware under a disk: block device, controller, NUMA node, interrupts. */

import { parseInterrupts } from '../../parsers/facts/interrupts.ts';
import type { DiskBackend } from '../../parsers/facts/qemu-disks.ts';
import { safeInteger } from '../../parsers/facts/text-lines.ts';
import type { Drive, DriveInterrupt } from './guest.ts';
import type { MachineFiles } from './machine-files.ts';
import { baseName } from './processes.ts';

const PCI_ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/**
 * What is under a backend of process `pid`, or null. Files are looked at as the process sees them (its own mount
 * namespace and working folder), so that a guest in a container is found too.
 */
export async function findDrive(
  files: MachineFiles,
  pid: number,
  backend: DiskBackend,
  commandLine: readonly string[],
): Promise<Drive | null> {
  if (backend.pciAddress !== '') return pciDrive(files, backend.pciAddress);
  if (backend.kind !== 'host-device' && backend.kind !== 'file') return null;
  const path = pathInProcess(pid, backend.filename, commandLine);
  const device = await files.device(path);
  // Where its own folders may not be entered (another user's): the path as it is written.
  const found =
    device ?? (path.startsWith(`/proc/${pid}/root`) ? await files.device(backend.filename) : undefined);
  return found === undefined ? null : blockDrive(files, found.major, found.minor);
}

/** /dev/fdset/3 is a descriptor libvirt has passed: -add-fd set=3,fd=31. */
function pathInProcess(pid: number, filename: string, commandLine: readonly string[]): string {
  const set = /^\/dev\/fdset\/(\d{1,6})$/.exec(filename)?.[1];
  if (set !== undefined) {
    const passed = commandLine.find((word) => new RegExp(`^(?:fd=\\d+,)?set=${set}(?:,|$)`).test(word));
    const fd = /(?:^|,)fd=(\d{1,7})(?:,|$)/.exec(passed ?? '')?.[1];
    return fd === undefined ? '' : `/proc/${pid}/fd/${fd}`;
  }
  return filename.startsWith('/') ? `/proc/${pid}/root${filename}` : `/proc/${pid}/cwd/${filename}`;
}

/** A block device by its number; of a partition the disk, and which partition. */
async function blockDrive(files: MachineFiles, major: number, minor: number): Promise<Drive | null> {
  // /sys/dev/block/259:1 -> ../../devices/pci0000:00/0000:00:02.0/nvme/nvme0/nvme0n1/nvme0n1p1
  const folder = await files.real(`/sys/dev/block/${major}:${minor}`);
  if (folder === '') return null;
  const isPartition = (await files.text(`${folder}/partition`)) !== '';
  const disk = isPartition ? folder.slice(0, folder.lastIndexOf('/')) : folder;
  const pciAddress =
    disk
      .split('/')
      .filter((part) => PCI_ADDRESS.test(part))
      .at(-1) ?? '';
  const controller = await files.real(`${disk}/device`);
  return {
    name: baseName(disk),
    number: (await files.text(`${disk}/dev`)).trim(),
    partition: isPartition ? baseName(folder) : '',
    pciAddress,
    driver: await driverOf(files, controller, pciAddress),
    node: await nodeOf(files, controller, pciAddress),
    interrupts: await interruptsOf(files, baseName(controller), pciAddress),
  };
}

async function pciDrive(files: MachineFiles, address: string): Promise<Drive> {
  return {
    name: '',
    number: '',
    partition: '',
    pciAddress: address,
    driver: await driverOf(files, '', address),
    node: await nodeOf(files, '', address),
    interrupts: await interruptsOf(files, '', address),
  };
}

async function driverOf(files: MachineFiles, controller: string, address: string): Promise<string> {
  const places = [`${controller}/driver`, `/sys/bus/pci/devices/${address}/driver`];
  for (const place of places) {
    const driver = place.startsWith('/sys/') ? baseName(await files.link(place)) : '';
    if (driver !== '') return driver;
  }
  return '';
}

async function nodeOf(files: MachineFiles, controller: string, address: string): Promise<number | null> {
  for (const place of [`${controller}/numa_node`, `/sys/bus/pci/devices/${address}/numa_node`]) {
    const node = safeInteger((await files.text(place)).trim());
    if (node !== undefined) return node;
  }
  return null;
}

/** Rows of the controller: `nvme0q1`, `virtio2-req.0`, `vfio-msix[0](0000:21:00.0)`. */
async function interruptsOf(
  files: MachineFiles,
  controller: string,
  address: string,
): Promise<DriveInterrupt[]> {
  const found: DriveInterrupt[] = [];
  for (const [label, { name }] of parseInterrupts(await files.text('/proc/interrupts')).data) {
    const irq = safeInteger(label);
    const isOurs =
      (address !== '' && name.includes(`(${address})`)) ||
      (controller !== '' &&
        new RegExp(`(?:^|[ ,])${controller.replace(/[^\w]/g, '\\$&')}(?:q\\d+|-|$)`).test(name));
    if (irq === undefined || !isOurs) continue;
    const cpus = (await files.text(`/proc/irq/${irq}/effective_affinity_list`)).trim();
    found.push({ irq, name, cpus });
  }
  return found;
}
