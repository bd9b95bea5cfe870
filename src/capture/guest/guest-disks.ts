/** Disks inside a guest, as its shell lists them, and which of them the host's disk is. All names are foreign text. */
import { EXIT_CODES, IotraceError, quoted } from '../../errors.ts';

/** A disk of the guest's kernel. */
export interface GuestBlockDevice {
  /** `vda` */
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  /** In 512 bytes. */
  readonly sectors: number;
  /** Device it belongs to: `virtio1`, `nvme0`. */
  readonly parent: string;
  /** `virtio_blk`, `nvme`. */
  readonly driver: string;
}

const MAX_DISKS = 1000;

// disk vda 254:0 524288 virtio1 virtio_blk
const LINE = /^disk ([\w.-]{1,32}) (\d{1,9}):(\d{1,9}) (\d{1,15}) ([\w.:-]{0,64}) ([\w.-]{1,64})$/;

/** Disks of the shell's list; other lines are left out. */
export function readDisks(text: string): GuestBlockDevice[] {
  const found: GuestBlockDevice[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line.trimEnd());
    if (match === null || found.length === MAX_DISKS) continue;
    found.push({
      name: match[1]!,
      major: Number(match[2]),
      minor: Number(match[3]),
      sectors: Number(match[4]),
      parent: match[5]!,
      driver: match[6]!,
    });
  }
  return found;
}

/** What is known outside of the disk that is looked for. */
export interface GuestDiskQuestion {
  /** --guest-disk: `vda`, `/dev/vda`. */
  readonly asked: string | undefined;
  /** Its driver there: `nvme` for an assigned drive, `virtio_blk` else. */
  readonly driver: 'nvme' | 'virtio_blk';
  /** Words of the workload that runs there; one may name the disk. */
  readonly workload: readonly string[];
}

/** The guest's name for the disk and why it is that one. Throws an IotraceError when it cannot be told. */
export function chooseGuestDisk(
  disks: readonly GuestBlockDevice[],
  { asked, driver, workload }: GuestDiskQuestion,
): { readonly disk: GuestBlockDevice; readonly why: string } {
  const called = (name: string) => disks.find((disk) => disk.name === name.replace(/^\/dev\//, ''));
  if (asked !== undefined) {
    const disk = called(asked);
    if (disk !== undefined) return { disk, why: 'as asked for' };
    throw notTold(`The guest has no disk ${quoted(asked)}`, disks);
  }
  const fitting = disks.filter((disk) => disk.driver === driver);
  const named = workload
    .map((word) => /\/dev\/[\w.-]+/.exec(word)?.[0] ?? '')
    .map(called)
    .find((disk) => disk !== undefined && fitting.includes(disk));
  if (named !== undefined) return { disk: named, why: 'because the workload names it' };
  if (fitting.length === 1) return { disk: fitting[0]!, why: `its only disk of ${driver}` };
  throw notTold(`The guest has ${fitting.length} disks of ${driver}`, disks);
}

function notTold(what: string, disks: readonly GuestBlockDevice[]): IotraceError {
  const names = disks.map(({ name, driver }) => `${name} (${driver})`).join(', ');
  return new IotraceError('guest-disk-not-told', `${what}; it has: ${names || 'none'}.`, {
    hint: 'Name the one to record: --guest-disk DEV.',
    exitCode: EXIT_CODES.usage,
  });
}
