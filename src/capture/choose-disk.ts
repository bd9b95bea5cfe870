/** Which disk to record: the one asked for, or the one the workload's files lie on; always with the reason in words. */
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { type BlockDevice, deviceByNumber } from './block-devices.ts';

export interface DiskQuestion {
  /** --disk: `vda`, `/dev/vda1`, `254:0`, a link in /dev/disk. */
  readonly asked?: string | undefined;
  readonly workload: readonly string[];
  readonly folder: string;
}

export interface DiskChoice {
  readonly disk: BlockDevice;
  /** Rest of a sentence that begins with the disk's name. */
  readonly why: string;
}

/** Throws an IotraceError when no disk can be told, or it is made of several others. */
export async function chooseDisk(
  devices: readonly BlockDevice[],
  { asked, workload, folder }: DiskQuestion,
): Promise<DiskChoice> {
  if (asked !== undefined) {
    const found = (await byName(devices, asked)) ?? (await diskOf(devices, resolve(folder, asked), true));
    if (found === undefined) throw unknownDisk(devices, asked);
    return underneath(
      devices,
      found.disk,
      found.partition ? `as the disk of ${found.partition}` : 'as asked for',
    );
  }
  for (const name of namedFiles(workload)) {
    const found = await diskOf(devices, resolve(folder, name), false);
    if (found !== undefined)
      return underneath(devices, found.disk, `because the workload names ${quoted(name)}`);
  }
  const found = await diskOf(devices, resolve(folder), false);
  if (found !== undefined) return underneath(devices, found.disk, 'because the current folder lies on it');
  throw new IotraceError('disk-not-told', `${quoted(folder)} lies on no disk of this machine.`, {
    hint: `Name one: --disk ${devices.find(({ driver }) => driver !== '')?.name ?? 'DEV'}.`,
    exitCode: EXIT_CODES.usage,
  });
}

/** The disk a file or folder lies on, or that a device file is. */
export async function diskOf(
  devices: readonly BlockDevice[],
  path: string,
  deviceOnly: boolean,
): Promise<{ disk: BlockDevice; partition?: string | undefined } | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined || found.isCharacterDevice()) return undefined;
  if (deviceOnly && !found.isBlockDevice()) return undefined;
  const { major, minor } = deviceNumber(found.isBlockDevice() ? found.rdev : found.dev);
  const hit = deviceByNumber(devices, major, minor) ?? (await mountedFrom(devices, major, minor));
  return hit && { disk: hit.disk, partition: hit.partition?.name };
}

/** The C library's dev_t: major and minor each in two pieces (sys/sysmacros.h). */
function deviceNumber(dev: bigint): { major: number; minor: number } {
  return {
    major: Number(((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)),
    minor: Number((dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)),
  };
}

/** btrfs gives its files a number of no device; the mount's source tells. */
async function mountedFrom(devices: readonly BlockDevice[], major: number, minor: number) {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  for (const line of mounts.split('\n')) {
    // 29 1 0:26 / /data rw,relatime shared:1 - btrfs /dev/nvme0n1p2 rw
    const match = /^\d+ \d+ (\d+):(\d+) .* - \S+ (\/dev\/\S+) /.exec(line);
    if (match === null || Number(match[1]) !== major || Number(match[2]) !== minor) continue;
    const source = await stat(match[3]!, { bigint: true }).catch(() => undefined);
    if (source?.isBlockDevice() !== true) continue;
    const number = deviceNumber(source.rdev);
    return deviceByNumber(devices, number.major, number.minor);
  }
  return undefined;
}

async function byName(devices: readonly BlockDevice[], asked: string) {
  const number = /^(\d{1,9}):(\d{1,9})$/.exec(asked);
  const found = number === null ? undefined : deviceByNumber(devices, Number(number[1]), Number(number[2]));
  if (found !== undefined) return { disk: found.disk, partition: found.partition?.name };
  const name = basename(asked);
  if (asked !== name && asked !== `/dev/${name}`) return undefined;
  for (const disk of devices) {
    if (disk.name === name) return { disk, partition: undefined };
    if (disk.partitions.some((partition) => partition.name === name)) return { disk, partition: name };
  }
  return undefined;
}

/** Arguments that may be files, likeliest first: `if=/data/x`, `--filename=/dev/vdb`, then plain ones. */
function namedFiles(workload: readonly string[]): string[] {
  const values = workload.slice(1).flatMap((argument) => /^[\w-]+=(.+)$/.exec(argument)?.[1] ?? []);
  const plain = workload.slice(1).filter((argument) => !argument.startsWith('-') && argument.includes('/'));
  return [...values, ...plain];
}

/** A device made of one other passes its requests on: that one is where they can be seen. */
function underneath(devices: readonly BlockDevice[], disk: BlockDevice, why: string): DiskChoice {
  if (disk.slaves.length === 0) return { disk, why };
  const below = disk.slaves.map((name) =>
    devices.find(
      (each) => each.name === name || each.partitions.some((partition) => partition.name === name),
    ),
  );
  const [only] = below;
  if (only === undefined || below.length > 1)
    throw new IotraceError('disk-stacked', `${disk.name} is made of ${disk.slaves.join(', ')}.`, {
      hint: 'Its requests are seen on those: record one of them (--disk DEV).',
      exitCode: EXIT_CODES.usage,
    });
  return underneath(devices, only, `${why}: ${disk.name} is made of it`);
}

function unknownDisk(devices: readonly BlockDevice[], asked: string): IotraceError {
  const names = devices.map(({ name }) => name).join(', ');
  return new IotraceError('disk-unknown', `This machine has no disk ${quoted(asked)}.`, {
    hint: `It has ${names === '' ? 'none' : names}.`,
    exitCode: EXIT_CODES.usage,
  });
}
