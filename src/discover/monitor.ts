/** What QEMU's own monitor adds to what /proc shows: names of threads, disks plugged in later, requests completed. */
import type { QemuOption } from '../../parsers/facts/qemu-options.ts';
import {
  type QmpBlock,
  type QmpBlockStats,
  type QmpIoThread,
  type QmpVcpu,
  readBlockStats,
  readBlocks,
  readIoThreads,
  readVcpus,
} from '../../parsers/facts/qmp-answers.ts';
import { holdsSocket, socketInodes } from './daemon.ts';
import type { MonitorState } from './guest.ts';
import type { MachineFiles } from './machine-files.ts';
import { Monitor, MonitorTrouble, PATIENCE, type Patience } from './qmp.ts';

/** Answers; an empty list where QEMU does not know the question. */
export interface MonitorAnswers {
  readonly iothreads: readonly QmpIoThread[];
  readonly vcpus: readonly QmpVcpu[];
  readonly blocks: readonly (QmpBlock & PluggedDevice)[];
  readonly stats: readonly QmpBlockStats[];
}

/** What a device's own properties say; '' and null where it has none of that name. */
export interface PluggedDevice {
  readonly device: string;
  readonly iothread: string;
  readonly queues: number | null;
}

export interface MonitorReading extends MonitorState {
  readonly answers: MonitorAnswers;
}

/** Of a monitor that was not there. */
export const NOTHING: MonitorAnswers = { iothreads: [], vcpus: [], blocks: [], stats: [] };

/** Asks the monitors of a guest, the first that answers; never throws. Only `query-…` and `qom-get`: nothing is changed. */
export async function askMonitor(
  files: MachineFiles,
  pid: number,
  options: readonly QemuOption[],
  patience: Patience = PATIENCE,
): Promise<MonitorReading> {
  const none = {
    state: 'none' as const,
    note: 'QEMU has no monitor at a socket of its command line',
    answers: NOTHING,
  };
  let reading: MonitorReading = none;
  for (const path of monitorSockets(options)) {
    reading = await askAt(files, pid, path, patience);
    if (reading.state === 'answered') break;
  }
  return reading;
}

/** Requests each disk has completed, for a guest that was found before; undefined when it does not answer. */
export async function readCompleted(
  files: MachineFiles,
  pid: number,
  options: readonly QemuOption[],
): Promise<readonly QmpBlockStats[] | undefined> {
  for (const path of monitorSockets(options)) {
    const found = await converse(files, pid, path, PATIENCE, (monitor) => monitor.ask('query-blockstats'));
    if (!(found instanceof MonitorTrouble)) return readBlockStats(found);
  }
  return undefined;
}

async function askAt(
  files: MachineFiles,
  pid: number,
  path: string,
  patience: Patience,
): Promise<MonitorReading> {
  const found = await converse(files, pid, path, patience, askAll);
  if (found instanceof MonitorTrouble) return { state: found.state, note: found.message, answers: NOTHING };
  return { state: 'answered', note: 'QEMU’s monitor has answered', answers: found };
}

async function converse<T>(
  files: MachineFiles,
  pid: number,
  path: string,
  patience: Patience,
  talk: (monitor: Monitor) => Promise<T>,
): Promise<T | MonitorTrouble> {
  let monitor: Monitor | undefined;
  try {
    const place = await placeOf(files, pid, path);
    if (place === undefined)
      return new MonitorTrouble('refused', 'the monitor’s socket on QEMU’s command line is not QEMU’s');
    monitor = await Monitor.open(place, patience);
    return await talk(monitor);
  } catch (error) {
    if (error instanceof MonitorTrouble) return error;
    throw error;
  } finally {
    monitor?.close();
  }
}

/** `-qmp unix:/run/vm.qmp,server=on`, or `-mon chardev=m,mode=control` and its `-chardev socket,id=m,path=…`. */
export function monitorSockets(options: readonly QemuOption[]): string[] {
  const paths: string[] = [];
  for (const { option, values } of options) {
    if (option === 'qmp' || option === 'qmp-pretty') {
      const path = /^unix:(.+)$/s.exec(values.get('backend') ?? '')?.[1];
      if (path !== undefined) paths.push(path);
    }
    if (option !== 'mon' || values.get('mode') !== 'control') continue;
    const chardev = options.find(
      (each) => each.option === 'chardev' && each.values.get('id') === values.get('chardev'),
    );
    const path = chardev?.values.get('backend') === 'socket' ? chardev.values.get('path') : undefined;
    if (path !== undefined) paths.push(path);
  }
  return paths;
}

/** Where iotrace reaches the socket; undefined when QEMU does not hold it, whatever its command line says. */
async function placeOf(files: MachineFiles, pid: number, path: string): Promise<string | undefined> {
  const full = path.startsWith('/') ? path : `${await files.link(`/proc/${pid}/cwd`)}/${path}`;
  const inodes = await socketInodes(files, pid, full);
  if (!(await holdsSocket(files, pid, inodes))) return undefined;
  const sameRoot = (await files.link(`/proc/${pid}/ns/mnt`)) === (await files.link('/proc/self/ns/mnt'));
  return sameRoot ? full : `/proc/${pid}/root${full}`;
}

async function askAll(monitor: Monitor): Promise<MonitorAnswers> {
  const blocks: (QmpBlock & PluggedDevice)[] = [];
  const iothreads = readIoThreads(await monitor.ask('query-iothreads')) ?? [];
  const vcpus = readVcpus(await monitor.ask('query-cpus-fast')) ?? [];
  const stats = readBlockStats(await monitor.ask('query-blockstats')) ?? [];
  for (const block of (readBlocks(await monitor.ask('query-block')) ?? []).slice(0, MAX_DISKS))
    blocks.push({ ...block, ...(await askDevice(monitor, block.id)) });
  return { iothreads, vcpus, blocks, stats };
}

const MAX_DISKS = 500;

/** The device's properties, by its id: QOM keeps devices with one in /machine/peripheral. */
async function askDevice(monitor: Monitor, id: string): Promise<PluggedDevice> {
  const property = async (name: string) =>
    id === '' ? undefined : monitor.ask('qom-get', { path: `/machine/peripheral/${id}`, property: name });
  const device = await property('type');
  const iothread = await property('iothread');
  const queues = await property('num-queues');
  return {
    device: typeof device === 'string' ? device : '',
    // "/objects/io0"
    iothread: typeof iothread === 'string' ? iothread.slice(iothread.lastIndexOf('/') + 1) : '',
    // 65535 = QEMU has not chosen yet
    queues: typeof queues === 'number' && queues > 0 && queues < 65535 ? queues : null,
  };
}
