/** Which threads of the host a guest's recording is about, whether they still run, and whether the host alone is enough. */
import type { Guest, GuestDisk } from '../../discover/guest.ts';
import { EXIT_CODES, IotraceError, quoted } from '../../errors.ts';

/** Of a drive that no driver of the host has, the host alone shows interrupts and no requests. Throws an IotraceError. */
export function checkHostAlone({ drive, summary }: GuestDisk): void {
  if (drive !== null && drive.name !== '') return;
  throw new IotraceError(
    'host-alone',
    `The host alone does not show the requests of this disk: ${quoted(summary)}.`,
    {
      hint: 'Give a way into the guest: --guest-ssh user@host, or --guest-exec COMMAND.',
      exitCode: EXIT_CODES.usage,
    },
  );
}

/** Threads whose calls and exits are recorded: all of QEMU's, and those of the daemon that serves the disk. */
export function threadsOf(guest: Guest, { daemon }: GuestDisk): number[] {
  return [...guest.threads, ...(daemon?.threads ?? [])].map(({ tid }) => tid);
}

/** Whether a process exists. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
