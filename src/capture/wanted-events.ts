/**
 * The events a recording of this machine's own disk needs, as data: the points of the paths in
 * `src/paths/bare-metal-nvme.ts` and no more, because each costs a few hundred nanoseconds a hit.
 */
import { IotraceError } from '../errors.ts';
import type { BlockDevice } from './block-devices.ts';
import type { TraceFiles } from './trace-files.ts';

/** Which of the two instances records an event. */
export type Scope =
  /** What happens to the disk, in whatever context: never filtered by task, an interrupt's task is whoever it hit. */
  | 'disk'
  /** What the workload's own tasks do: filtered by task. */
  | 'calls';

/** An event to switch on. */
export interface WantedEvent {
  readonly scope: Scope;
  readonly system: string;
  /** Names the kernel has given to it, newest first; the first whose format file exists is used. */
  readonly names: readonly string[];
  /** There is no recording without it. */
  readonly required?: true;
  readonly filter?: string | undefined;
}

/** System calls that carry I/O; those a kernel or architecture lacks are left out. */
const CALLS = [
  'read',
  'write',
  'pread64',
  'pwrite64',
  'preadv',
  'pwritev',
  'preadv2',
  'pwritev2',
  'io_submit',
  'io_getevents',
  'io_pgetevents',
  'io_uring_enter',
];

/** What to record for a disk; `interrupts` are the names in /proc/interrupts. */
export function wantedEvents(disk: BlockDevice, interrupts: readonly string[]): WantedEvent[] {
  // The kernel's own dev_t, not that of user space: include/linux/kdev_t.h.
  const onDisk = `dev == ${disk.major * 2 ** 20 + disk.minor}`;
  return [
    { scope: 'disk', system: 'block', names: ['block_rq_issue'], required: true, filter: onDisk },
    { scope: 'disk', system: 'block', names: ['block_rq_complete'], required: true, filter: onDisk },
    { scope: 'disk', system: 'irq', names: ['irq_handler_entry'], filter: interruptFilter(disk, interrupts) },
    ...(disk.driver === 'nvme'
      ? (['nvme_setup_cmd', 'nvme_sq'] as const).map(
          (name) => ({ scope: 'disk', system: 'nvme', names: [name] }) as const,
        )
      : []),
    ...CALLS.flatMap((call) =>
      (['sys_enter_', 'sys_exit_'] as const).map(
        (half) => ({ scope: 'calls', system: 'syscalls', names: [half + call] }) as const,
      ),
    ),
    // Renamed in 6.4.
    { scope: 'calls', system: 'io_uring', names: ['io_uring_submit_req', 'io_uring_submit_sqe'] },
    { scope: 'calls', system: 'io_uring', names: ['io_uring_complete'] },
  ];
}

/**
 * Only the interrupts of the disk's driver, where their names tell it: `nvme0q3`, `virtio1-req.0`. Undefined (all
 * interrupts of the machine) where no name does.
 */
function interruptFilter(disk: BlockDevice, interrupts: readonly string[]): string | undefined {
  const prefix = disk.driver === 'nvme' ? 'nvme' : disk.driver === 'virtio_blk' ? disk.parent : '';
  if (!/^[a-z]+\d*$/.test(prefix) || !interrupts.some((name) => name.startsWith(prefix))) return undefined;
  return `name ~ "${prefix}*"`;
}

/** An event this kernel has. */
export interface FoundEvent {
  readonly scope: Scope;
  /** `block/block_rq_issue` */
  readonly path: string;
  readonly filter: string | undefined;
}

/** What of the wanted events this kernel has, told by its format files, never by its version. */
export async function findEvents(
  files: TraceFiles,
  wanted: readonly WantedEvent[],
): Promise<{ found: FoundEvent[]; missing: string[] }> {
  const found: FoundEvent[] = [];
  const missing: string[] = [];
  for (const { scope, system, names, required, filter } of wanted) {
    const path = await firstOf(files, system, names);
    if (path !== undefined) found.push({ scope, path, filter });
    else if (required === true) throw noEvent(`${system}/${names[0]!}`);
    else missing.push(`${system}/${names[0]!}`);
  }
  if (!found.some(({ path }) => path.startsWith('syscalls/')))
    missing.unshift('syscalls/* (no system call: requests begin where the driver gets them)');
  return { found, missing };
}

async function firstOf(
  files: TraceFiles,
  system: string,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names)
    if (await files.has(`events/${system}/${name}/format`)) return `${system}/${name}`;
  return undefined;
}

function noEvent(name: string): IotraceError {
  return new IotraceError('event-missing', `This kernel has no event ${name}.`, {
    hint: 'Its requests cannot be seen without it: a kernel with CONFIG_BLK_DEV_IO_TRACE is needed.',
  });
}
