/** The files of a running machine (/proc, /sys) behind an interface, so that tests can hold what was cut from real ones. */
import { constants } from 'node:fs';
import { open, readdir, readlink, realpath, stat } from 'node:fs/promises';

/** A device or file by its number, in the parts the kernel prints them: 254:0. */
export interface DeviceNumber {
  /** A block device of that number; false: a file that lies on one. */
  readonly isDevice: boolean;
  readonly major: number;
  readonly minor: number;
}

/** Everything gives its empty value where a file is missing or may not be read: processes end while they are looked at. */
export interface MachineFiles {
  /** At most MAX_TEXT_BYTES of a text file, '' when there is none. */
  text(path: string): Promise<string>;
  /** Names in a folder. */
  names(path: string): Promise<readonly string[]>;
  /** What a symbolic link says, '' when it is none. */
  link(path: string): Promise<string>;
  /** Where a path leads in the end. */
  real(path: string): Promise<string>;
  /** The block device a path is, or the one its file lies on; undefined for other things. Links are followed. */
  device(path: string): Promise<DeviceNumber | undefined>;
}

/** /proc/interrupts of a large machine has a megabyte; numa_maps of a guest with many mappings a few. */
export const MAX_TEXT_BYTES = 16 * 1024 ** 2;

/** This machine. */
export const thisMachine: MachineFiles = {
  text: readText,
  names: (path) => readdir(path).catch(() => []),
  link: (path) => readlink(path).catch(() => ''),
  real: (path) => realpath(path).catch(() => ''),
  device: deviceOf,
};

/** Never waits: a path of a hostile command line may be a FIFO. */
async function readText(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const parts: Buffer[] = [];
    let bytes = 0;
    while (bytes < MAX_TEXT_BYTES) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(65536), 0, 65536, null);
      if (bytesRead === 0) break;
      parts.push(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
    return Buffer.concat(parts).toString('utf8');
  } catch {
    return '';
  } finally {
    await handle.close();
  }
}

async function deviceOf(path: string): Promise<DeviceNumber | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined || !(found.isBlockDevice() || found.isFile())) return undefined;
  const dev = found.isBlockDevice() ? found.rdev : found.dev;
  return {
    isDevice: found.isBlockDevice(),
    // The C library's dev_t: major and minor each in two pieces (sys/sysmacros.h).
    major: Number(((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)),
    minor: Number((dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)),
  };
}
