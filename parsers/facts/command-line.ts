/** A command line found in a text, and whose it is. */
export interface CommandLine {
  readonly of: 'qemu' | 'daemon';
  /** From the program's name to the end of its line, one string. */
  readonly text: string;
}

/** A command line of this length is possible (ARG_MAX is larger), a log is not. */
const MAX_LENGTH = 256 * 1024;

const QEMU = /^(?:qemu-system-\w+|qemu-kvm)$/;
const DAEMON = /^(?:qemu-storage-daemon|spdk_tgt|vhost)$/;
/** What may stand before the program. */
const ASSIGNMENT = /^\w+=/;
const WRAPPER = /^(?:sudo|env|exec|setsid|nohup)$/;
/** taskset -c 0-2, taskset 0x7, numactl --membind=0 */
const PINNING = /^(?:taskset|numactl)$/;
const PINNING_ARGUMENT = /^(?:-\S+|[\d,-]+|(?:0x)?[0-9a-f,]+)$/;

/**
 * Finds QEMU's or a storage daemon's command line in shell text, or in the text of /proc/PID/cmdline (arguments end
 * with NUL; those with blanks are quoted here). Other shell lines are left out. Undefined when there is none, and
 * for documents that merely quote one (a line of three back-ticks is no shell text).
 */
export function findCommandLine(text: string): CommandLine | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const lines = (text.includes('\0') ? fromProc(text) : text.replace(/\\\r?\n/g, ' ')).split('\n');
  if (lines.some((line) => line.trimStart().startsWith('```'))) return undefined;
  const found = lines.map(commandOf).filter((command) => command !== undefined);
  return found.find((command) => command.of === 'qemu') ?? found[0];
}

/** The command of one shell line, without what only prepares it. */
function commandOf(line: string): CommandLine | undefined {
  let isPinning = false;
  for (const { 0: word, index } of line.matchAll(/\S+/g)) {
    const program = word.slice(word.lastIndexOf('/') + 1);
    const of = QEMU.test(program) ? 'qemu' : DAEMON.test(program) ? 'daemon' : undefined;
    if (of !== undefined) {
      const command = line.slice(index).trim();
      // a word alone could be anything; a daemon is started with options
      return of === 'qemu' || /^\S+[ \t]+-/.test(command) ? { of, text: command } : undefined;
    }
    const isArgument: boolean = isPinning && PINNING_ARGUMENT.test(word);
    isPinning = isArgument || PINNING.test(word);
    if (!isPinning && !ASSIGNMENT.test(word) && !WRAPPER.test(word)) return undefined;
  }
  return undefined;
}

function fromProc(text: string): string {
  const words = text.split('\0');
  while (words.at(-1)?.trim() === '') words.pop(); // the last argument ends with NUL too
  return words
    .map((word) => (/^[^\s'"\\]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
