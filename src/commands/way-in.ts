/** How to get a root shell inside the guest, as the command line says it. */
import { splitWords } from '../capture/guest/shell-words.ts';
import { EXIT_CODES, IotraceError } from '../errors.ts';

/** With both, the command is taken. */
export interface WayIn {
  /** `user@host`, for the system's ssh. */
  readonly guestSsh?: string | undefined;
  /** The words of a command that gives a root shell in the guest. */
  readonly guestExec?: string | undefined;
}

/** The command that gives a shell in the guest. */
export function wayIn({ guestSsh, guestExec }: WayIn): readonly string[] | undefined {
  if (guestExec !== undefined) return splitWords(guestExec);
  // Signs of life, so that a guest that vanished is missed; a user's own configuration holds for all else.
  if (guestSsh !== undefined)
    return [
      'ssh',
      '-T',
      '-o',
      'ServerAliveInterval=5',
      '-o',
      'ServerAliveCountMax=6',
      '--',
      guestSsh,
      'exec sh',
    ];
  return undefined;
}

/** Throws an IotraceError when a command is to run in the guest and there is no way in, or no command. */
export function checkGuestRun(
  asked: boolean,
  way: readonly string[] | undefined,
  command: readonly string[],
): void {
  if (!asked || (way !== undefined && command.length > 0)) return;
  throw new IotraceError('guest-run-how', '--guest-run needs a way into the guest and a command behind --.', {
    hint: 'iotrace record vm1 --guest-ssh root@vm1 --guest-run -- fio …',
    exitCode: EXIT_CODES.usage,
  });
}
