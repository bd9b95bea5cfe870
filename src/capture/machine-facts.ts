/** What a report should say about the machine and the disk, read before and after a recording. */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import type { BlockDevice } from './block-devices.ts';

/** A small text, named so that the readers of facts know which of two readings it is and whose. */
export interface FactText {
  readonly name: string;
  readonly text: string;
}

/** Settings of the disk that change its latency, below /sys/block/NAME. */
const DISK_SETTINGS = [
  'queue/scheduler',
  'queue/io_poll',
  'queue/nr_requests',
  'queue/nomerges',
  'queue/rotational',
  'queue/write_cache',
  'queue/logical_block_size',
  'device/model',
];

const MACHINE_SETTINGS = [
  '/sys/devices/system/clocksource/clocksource0/current_clocksource',
  '/sys/devices/system/cpu/cpuidle/current_driver',
  '/sys/devices/system/cpu/cpuidle/current_governor',
  '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor',
  '/sys/module/nvme/parameters/poll_queues',
  '/sys/module/virtio_blk/parameters/poll_queues',
];

/** The disk's settings, NUMA nodes and the node of the drive, as lines `path:value`. */
export async function readSettings(disk: BlockDevice | undefined): Promise<FactText> {
  const nodes = await names('/sys/devices/system/node', /^node\d+$/);
  const paths = [
    ...(disk === undefined ? [] : DISK_SETTINGS.map((name) => `/sys/block/${disk.name}/${name}`)),
    ...nodes.map((node) => `/sys/devices/system/node/${node}/cpulist`),
    ...MACHINE_SETTINGS,
  ];
  const lines = await Promise.all(paths.map(line));
  return {
    name: 'host-settings',
    text: [...lines, disk === undefined ? '' : await driveNode(disk)].filter((text) => text !== '').join(''),
  };
}

/** The counters that are read twice. */
export async function readCounters(order: 'before' | 'after'): Promise<FactText[]> {
  return [{ name: `host-interrupts-${order}`, text: await text('/proc/interrupts') }];
}

/** The disk's own counters (Documentation/block/stat.rst), one line. */
export async function diskStatistics(disk: BlockDevice): Promise<string> {
  return (await text(`/sys/block/${disk.name}/stat`)).trim().replace(/\s+/g, ' ');
}

/** Names of the interrupts of this machine, the last column of /proc/interrupts. */
export async function interruptNames(): Promise<string[]> {
  //  36:          0     299938 PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0
  const lines = (await text('/proc/interrupts')).split('\n').filter((each) => /^\s*\d+:/.test(each));
  return lines.flatMap((each) =>
    each
      .trim()
      .split(/\s{2,}|,\s*/)
      .slice(1),
  );
}

/** Kernel and disk in words. */
export async function describeMachine(disk: BlockDevice | undefined): Promise<string[]> {
  if (disk === undefined) return [`kernel ${release()}`];
  const queues = await names(`/sys/block/${disk.name}/mq`, /^\d+$/);
  const driver = disk.driver === '' ? 'no driver of its own' : `driver ${disk.driver}`;
  return [
    `kernel ${release()}`,
    `disk ${disk.name} (${disk.major}:${disk.minor}), ${driver}, hardware queues: ${queues.length}`,
  ];
}

/** /sys/…:value and a line's end, '' where the file is missing, empty or not one line. */
async function line(path: string): Promise<string> {
  const value = (await text(path)).trim();
  return value === '' || value.includes('\n') ? '' : `${path}:${value}\n`;
}

/** The node of the first device above the disk that says one. */
async function driveNode(disk: BlockDevice): Promise<string> {
  let folder = await realpath(`/sys/block/${disk.name}/device`).catch(() => '');
  for (; folder.startsWith('/sys/devices/'); folder = dirname(folder)) {
    const found = await line(join(folder, 'numa_node'));
    if (found !== '') return found;
  }
  return '';
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function names(folder: string, form: RegExp): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => form.test(name));
}
