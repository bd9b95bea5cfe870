/** A command line found in a text, and whose it is. */
export interface CommandLine {
  readonly of: 'qemu' | 'daemon';
  /** From the program's name to the end of its line, one string. */
  readonly text: string;
}

/** A command line of this length is possible (ARG_MAX is larger), a log is not. */
const MAX_LENGTH = 256 * 1024;

// What may stand before the program: assignments, taskset -c 0-2, numactl --membind=0, sudo, env
const BEFORE = String.raw`(?:\w+=\S*[ \t]+|(?:sudo|env|exec|setsid|nohup)[ \t]+|(?:taskset|numactl)[ \t]+(?:-\S+[ \t]+){0,8}(?:[\d,a-fx-]+[ \t]+)?){0,16}`;
const QEMU = new RegExp(
  String.raw`^[ \t]*${BEFORE}((?:\S*/)?(?:qemu-system-\w+|qemu-kvm)(?:[ \t].*)?)$`,
  'm',
);
const DAEMON = new RegExp(
  String.raw`^[ \t]*${BEFORE}((?:\S*/)?(?:qemu-storage-daemon|spdk_tgt|vhost)[ \t]+-.*)$`,
  'm',
);

/**
 * Finds QEMU's or a storage daemon's command line in shell text, or in the text of /proc/PID/cmdline (arguments end
 * with NUL; those with blanks are quoted here). Other shell lines are left out. Undefined when there is none, and
 * for documents that merely quote one (a line of three back-ticks is no shell text).
 */
export function findCommandLine(text: string): CommandLine | undefined {
  if (text.length > MAX_LENGTH || /^\s*```/m.test(text)) return undefined;
  const shell = text.includes('\0') ? fromProc(text) : text.replace(/\\\r?\n/g, ' ');
  const qemu = QEMU.exec(shell);
  if (qemu !== null) return { of: 'qemu', text: qemu[1]!.trim() };
  const daemon = DAEMON.exec(shell);
  return daemon === null ? undefined : { of: 'daemon', text: daemon[1]!.trim() };
}

function fromProc(text: string): string {
  const words = text.replace(/\0+\s*$/, '').split('\0');
  return words
    .map((word) => (/^[^\s'"\\]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
