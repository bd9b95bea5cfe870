/** Where the text of a running recording is kept, and how much of it there may be. */
import { mkdir, stat, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES, IotraceError, messageOf, quoted } from '../errors.ts';
import type { BlockDevice } from './block-devices.ts';
import { diskOf } from './choose-disk.ts';
import type { TracerName } from './tracer-names.ts';

/** Most text of one recording: some ten million events. */
const MAX_TEXT_BYTES = 1024 ** 3;
const LEAST_TEXT_BYTES = 64 * 1024 ** 2;
/** In memory, for text that must not be written to the disk that is being traced. */
export const MEMORY_FOLDER = '/dev/shm';

/** A folder of our own for the text, and the most bytes it may take. */
export interface Room {
  readonly folder: string;
  readonly maxBytes: number;
}

/**
 * Makes the folder `name` beside the output, or in memory when the output lies on the traced disk: writing the trace
 * there would be traced itself. Throws an IotraceError when the output's folder cannot be used or there is no room.
 */
export async function makeRoom(
  devices: readonly BlockDevice[],
  traced: BlockDevice | undefined,
  outputFolder: string,
  name: string,
): Promise<Room> {
  await checkFolder(outputFolder);
  const place =
    traced !== undefined && (await isOn(devices, traced, outputFolder)) ? MEMORY_FOLDER : outputFolder;
  const free = await freeBytes(place);
  const maxBytes = Math.floor(Math.min(MAX_TEXT_BYTES, free / 2));
  if (maxBytes < LEAST_TEXT_BYTES)
    throw new IotraceError(
      'no-room',
      `${quoted(place)} has ${mib(free)} MiB free; a recording needs ${mib(2 * LEAST_TEXT_BYTES)} MiB.`,
      { hint: 'Free space, or write to another disk than the traced one (-o FILE).' },
    );
  const folder = join(place, name);
  await mkdir(folder, { mode: 0o700 });
  return { folder, maxBytes };
}

/** KiB of a CPU's buffer where nothing is asked for: the least, the most, and all CPUs together. */
const LEAST_BUFFER_KIB = 4096;
const MOST_BUFFER_KIB = 32_768;
const ALL_BUFFERS_KIB = 256 * 1024;

/**
 * KiB of each CPU's buffer where nothing is asked for: for the kernel's own tracer what holds a recording of some seconds, so that it
 * is printed when it is over, and takes little of the memory that is free.
 */
export function usualBuffer(tracer: TracerName, cpus: number, instances: number, free = freemem()): number {
  if (tracer !== 'tracefs') return LEAST_BUFFER_KIB;
  const each = Math.min(ALL_BUFFERS_KIB, free / 64 / 1024) / cpus / instances;
  return Math.max(LEAST_BUFFER_KIB, Math.min(MOST_BUFFER_KIB, 2 ** Math.floor(Math.log2(each))));
}

/** Throws an IotraceError when so many buffers would take more than a quarter of the memory that is free. */
export function checkBuffers(bufferKib: number, cpus: number, instances: number, free = freemem()): void {
  const most = Math.floor(free / 4 / 1024 / cpus / instances);
  if (bufferKib <= most) return;
  throw new IotraceError(
    'buffer-too-large',
    `Buffers of ${bufferKib} KiB for ${cpus} CPUs take ${Math.ceil((bufferKib * cpus * instances) / 1024)} MiB; ${mib(free)} MiB of memory are free.`,
    { hint: `Ask for less: --buffer ${Math.max(64, most)}.`, exitCode: EXIT_CODES.usage },
  );
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((cause: unknown) => {
    throw new IotraceError('output-folder', `${quoted(folder)} cannot be written to: ${messageOf(cause)}.`, {
      hint: 'Create the folder first, or write elsewhere (-o FILE).',
      cause,
    });
  });
  if (!found.isDirectory())
    throw new IotraceError('output-folder', `${quoted(folder)} is not a folder.`, {
      hint: 'Write elsewhere (-o FILE).',
    });
}

/** Also true for a disk that lies in a file on the traced one, or is made of it. */
async function isOn(devices: readonly BlockDevice[], traced: BlockDevice, folder: string): Promise<boolean> {
  const found = await diskOf(devices, folder, false);
  // A folder on no disk of this machine: memory, or the network.
  if (found === undefined) return false;
  return found.disk.name === traced.name || found.disk.driver === '';
}

async function freeBytes(place: string): Promise<number> {
  const { bavail, bsize } = await statfs(place);
  const inMemory = place === MEMORY_FOLDER;
  return inMemory ? Math.min(bavail * bsize, freemem() / 2) : bavail * bsize;
}

function mib(bytes: number): number {
  return Math.floor(bytes / 1024 ** 2);
}
